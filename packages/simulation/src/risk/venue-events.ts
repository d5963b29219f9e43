import type { EventOf } from '@tse/core/events';
import type { exchangeEvents } from '@tse/exchange/events';

type TradeEvent = EventOf<typeof exchangeEvents, 'trade.settled'>;

/** Both sides of a trade, as the risk monitor takes them. */
export function riskFillsOf({ occurredAt: at, payload }: TradeEvent) {
  const { tradeId, tradeSeq: sequence, venue, symbol, quantity, price } = payload;
  return payload.sides.map(({ orderId, accountId: account, side, fee, feeAsset }) => ({
    fillId: `${tradeId}/${side}`,
    account,
    venue,
    sequence,
    symbol,
    side,
    quantity,
    price,
    fee,
    feeAsset,
    orderId,
    at,
  }));
}
