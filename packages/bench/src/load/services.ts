import type { EventOf } from '@tse/core';
import { exchangeEvents } from '@tse/exchange/events';
import { marketDataEvents } from '@tse/market-data/events';
import { fillsOf, riskFillsOf, settlementOf, updateOf } from '@tse/simulation';
import { CONSUMER, type Seven } from './adapters.ts';
import type { Latencies } from './latencies.ts';
import type { Market } from './market.ts';

type Traded = EventOf<typeof exchangeEvents, 'trade.settled'>;

/** The services that follow the exchange: custody settles, risk counts fills and follows prices, trading has its orders and fills. */
export interface Services extends AsyncDisposable {
  /** The newest trades of which custody has heard, oldest first: for who looks events up. */
  readonly heard: readonly string[];
}

const REMEMBERED = 256;

/** What risk and trading hear of the exchange. */
const VENUE = {
  name: CONSUMER,
  from: exchangeEvents,
  types: ['order.placed', 'order.closed', 'trade.settled'],
  start: 'earliest',
} as const;

/** Each handles one event after the other, as the inbox has it: a call is due when its event is taken up; the waiting before is lag. */
export function openServices(
  { adapters: { custodian, risk, trading } }: Pick<Seven, 'adapters'>,
  { venue, desks }: Pick<Market, 'venue' | 'desks'>,
  latencies: Latencies,
): Services {
  const ours = new Set(desks.map(({ accountId }) => accountId));
  const opened = new AsyncDisposableStack();
  const heard: string[] = [];
  const timed = <T>(port: string, call: () => Promise<T>) => latencies.timed(port, performance.now(), call);
  const hop = (name: string, { payload }: Traded) =>
    latencies.note(`${HOPS}${name}`, performance.timeOrigin + performance.now() - Date.parse(payload.matchedAt));

  opened.use(
    custodian.inbox.consume(
      { name: CONSUMER, from: exchangeEvents, types: ['trade.settled'], start: 'earliest' },
      async (event) => {
        const settlement = settlementOf(event);
        if (settlement !== undefined)
          await timed('custodian.processSettlement', () => custodian.processSettlement(settlement));
        hop('custody', event);
        if (heard.push(event.id) > REMEMBERED) heard.shift();
      },
    ),
  );
  opened.use(
    risk.inbox.consume(VENUE, async (event) => {
      if (event.type === 'trade.settled') {
        const outcomes = await timed('risk.positions.applyFills', () => risk.positions.applyFills(riskFillsOf(event)));
        for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
        hop('risk', event);
      } else if (ours.has(event.payload.accountId)) {
        const what = event.type === 'order.placed' ? 'placed' : 'closed';
        const { orderId } = event.payload;
        await timed('risk.checks.hearOrder', () => risk.checks.hearOrder({ orderId, what, at: event.occurredAt }));
      }
    }),
  );
  opened.use(
    risk.inbox.follow({ name: 'marks', feed: marketDataEvents.priceFeed }, ({ occurredAt, payload }) => {
      const { symbol, last, sequence } = payload;
      return timed('risk.marks.record', () => risk.marks.record({ symbol, price: last, sequence, at: occurredAt }));
    }),
  );
  opened.use(
    trading.inbox.consume(VENUE, async (event) => {
      if (event.type === 'trade.settled') {
        const fills = fillsOf(event, (accountId) => ours.has(accountId));
        if (fills.length === 0) return;
        await timed('trading.fills.applyAll', () => trading.fills.applyAll(fills));
        hop('trading', event);
      } else if (ours.has(event.payload.accountId)) {
        await timed('trading.orders.update', () => trading.orders.update(updateOf(event, venue)));
      }
    }),
  );
  return { heard, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** How names of what is no call, but the way from a print to somewhere, begin. */
export const HOPS = 'print to ';
