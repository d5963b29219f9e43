import type { EventOf } from '@tse/core/events';
import type { exchangeEvents } from '@tse/exchange/events';
import type { ApplyFill, UpdateOrder } from '@tse/trading';

type OrderEvent = EventOf<typeof exchangeEvents, 'order.placed' | 'order.replaced' | 'order.closed'>;
type TradeEvent = EventOf<typeof exchangeEvents, 'trade.settled'>;

/** What an order became at the venue, as the trading engine takes it. */
export const updateOf = ({ occurredAt, payload }: OrderEvent, venue: string): UpdateOrder => ({
  orderId: payload.orderId,
  venue,
  version: payload.orderVersion,
  status: payload.status,
  cumulativeQuantity: payload.cum,
  quantity: payload.quantity,
  ...(payload.price !== undefined && { price: payload.price }),
  ...(payload.reason !== undefined && { reason: payload.reason }),
  at: occurredAt,
});

/** Our sides of a trade: both, where it is one between two accounts of ours. */
export const fillsOf = ({ payload: trade }: TradeEvent, isOurs: (accountId: string) => boolean): ApplyFill[] =>
  trade.sides
    .filter(({ accountId }) => isOurs(accountId))
    .map((side) => ({
      venue: trade.venue,
      tradeId: trade.tradeId,
      orderId: side.orderId,
      tradeSequence: trade.tradeSeq,
      accountId: side.accountId,
      symbol: trade.symbol,
      side: side.side,
      price: trade.price,
      quantity: trade.quantity,
      liquidity: side.liquidity,
      fee: side.fee,
      feeAsset: side.feeAsset,
      matchedAt: trade.matchedAt,
      order: {
        version: side.orderVersion,
        status: side.status,
        cumulativeQuantity: side.cum,
        leavesQuantity: side.leaves,
      },
    }));
