import type { Instant } from '@tse/core';
import type { EventOf } from '@tse/core/events';
import { exchangeEvents } from '@tse/exchange/events';
import { marketDataEvents } from '@tse/market-data/events';
import type { CheckOrder, Decision, DueNotification, RiskAdapter } from '@tse/risk';
import { hasRead } from './custodian-simulator.ts';
import { repeatUnknown } from './repeat-unknown.ts';

export interface RiskMonitorOptions {
  /** What the exchange calls itself: the instance's name, `exchange` for the default one. */
  readonly venue: string;
  /** Whom alerts are told to. */
  readonly page?: (notification: DueNotification) => Promise<void>;
}

/** What a risk monitor has done so far. */
export interface RiskTally {
  fills: number;
  allowed: number;
  /** By code. */
  denied: Map<string, number>;
  pages: number;
}

/** One risk monitor of one venue: asked before each order, told of each fill, and heard of until somebody answers. */
export interface RiskMonitor extends AsyncDisposable {
  readonly tally: Readonly<RiskTally>;
  /** Before an order is placed. What is allowed is placed with `checkId` and `validUntil`. */
  check(order: Omit<CheckOrder, 'venue'>): Promise<Decision>;
  /** A price, where no price feed tells of it. */
  mark(price: { symbol: string; price: string; sequence: number; at: Instant }): Promise<void>;
  /** Reads all that the venue has published, values, compares with the limits, and tells what is due by now. */
  drain(): Promise<void>;
}

type Heard = EventOf<typeof exchangeEvents>;

/** Opens a risk monitor on what a venue and the price feed publish. */
export async function openRiskMonitor(
  risk: RiskAdapter,
  { venue, page = () => Promise.resolve() }: RiskMonitorOptions,
): Promise<RiskMonitor> {
  const tally: RiskTally = { fills: 0, allowed: 0, denied: new Map(), pages: 0 };
  const running = new AsyncDisposableStack();

  const consumer = running.use(
    risk.inbox.consume(
      {
        name: 'risk-of-venue',
        from: exchangeEvents,
        types: ['account.changed', 'funds.moved', 'order.placed', 'order.replaced', 'order.closed', 'trade.settled'],
        start: 'earliest',
      },
      (event) => hear(risk, event, tally),
    ),
  );
  running.use(
    risk.inbox.follow({ name: 'marks', feed: marketDataEvents.priceFeed }, async ({ occurredAt, payload }) => {
      const { symbol, last, sequence } = payload;
      await risk.marks.record({ symbol, price: last, sequence, at: occurredAt });
    }),
  );
  running.use(
    risk.alerts.onDue(async (notification) => {
      tally.pages += 1;
      await page(notification);
    }),
  );

  return {
    tally,
    async check(order) {
      const decision = await repeatUnknown(() => risk.checks.check({ ...order, venue }), order.orderId);
      if (decision.decision === 'allow') tally.allowed += 1;
      else tally.denied.set(decision.code, (tally.denied.get(decision.code) ?? 0) + 1);
      return decision;
    },
    async mark(price) {
      await risk.marks.record({ ...price, source: venue });
    },
    async drain() {
      // Asked before, so that all that was published by then is handled when the venue counts as heard.
      const published = await risk.inbox.published(exchangeEvents);
      await hasRead(consumer, () => Promise.resolve(published?.publishSeq ?? 0));
      if (published?.businessTime !== undefined) await risk.checks.hearVenue({ venue, until: published.businessTime });
      await risk.pnl.markToMarket();
      await risk.breaches.evaluate();
      await risk.escalations.escalate();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function hear(risk: RiskAdapter, event: Heard, tally: RiskTally): Promise<void> {
  const at = event.occurredAt;
  if (event.type === 'trade.settled') {
    const { tradeId, venue, tradeSeq, symbol, quantity, price, sides } = event.payload;
    const outcomes = await risk.positions.applyFills(
      sides.map(({ orderId, accountId, side, fee, feeAsset }) => ({
        fillId: `${tradeId}/${side}`,
        account: accountId,
        venue,
        sequence: tradeSeq,
        symbol,
        side,
        quantity,
        price,
        fee,
        feeAsset,
        orderId,
        at,
      })),
    );
    for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
    tally.fills += sides.length;
  } else if (event.type === 'funds.moved') {
    const { accountId, kind, asset, amount } = event.payload;
    await risk.pnl.moveFunds({ movementId: event.id, account: accountId, kind, asset, amount, at });
  } else if (event.type === 'account.changed') {
    await followAccount(risk, event.payload.accountId, event.payload.status);
  } else {
    const { orderId, leaves, price, status } = event.payload;
    const what =
      event.type === 'order.placed'
        ? 'placed'
        : event.type === 'order.replaced'
          ? 'changed'
          : status === 'rejected'
            ? 'refused'
            : 'closed';
    await risk.checks.hearOrder({ orderId, what, at, ...(what === 'changed' && { leaves, price }) });
  }
}

const SUSPENDED = 'account suspended at its venue';

/** An account that its venue has suspended or closed is asked for no more orders; one that is active again is, unless another reason stands. */
async function followAccount(risk: RiskAdapter, account: string, status: string): Promise<void> {
  const scope = { account };
  const { state, reason } = await risk.limits.getTradingState({ scope }, { fresh: true });
  if (status !== 'active' && state !== 'halted')
    await risk.limits.setTradingState({ scope, state: 'halted', reason: SUSPENDED });
  if (status === 'active' && state === 'halted' && reason === SUSPENDED)
    await risk.limits.setTradingState({ scope, state: 'active', reason: 'account active at its venue' });
}
