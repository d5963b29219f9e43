import type { EventOf } from '@tse/core/events';
import { custodianEvents } from '@tse/custodian/events';
import { exchangeEvents } from '@tse/exchange/events';
import { marketDataEvents } from '@tse/market-data/events';
import type { CheckOrder, Decision, DueNotification, RiskAdapter } from '@tse/risk';
import { hasRead } from './has-read.ts';
import { type PriceRule, watchPrices } from './risk/price-watch.ts';
import { riskFillsOf } from './risk/venue-events.ts';
import { repeatUnknown } from './repeat-unknown.ts';

export interface RiskMonitorOptions {
  /** What the exchange calls itself: the instance's name, `exchange` for the default one. */
  readonly venue: string;
  /** What prices of the feed must not do. */
  readonly watch?: readonly PriceRule[];
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
  /** Reads all that the venue has published, values, compares with the limits, and tells what is due by now. */
  drain(): Promise<void>;
}

type Heard = EventOf<typeof exchangeEvents>;

/** Opens a risk monitor on what a venue and the price feed publish. */
export async function openRiskMonitor(
  risk: RiskAdapter,
  { venue, watch = [], page = () => Promise.resolve() }: RiskMonitorOptions,
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
  await risk.escalations.definePolicy(POLICY);
  const prices = watchPrices(risk, watch, POLICY.policyId);
  running.use(
    risk.inbox.follow({ name: 'marks', feed: marketDataEvents.priceFeed }, async ({ occurredAt: at, payload }) => {
      const { symbol, last: price, source, sequence } = payload;
      await risk.marks.record({ symbol, price, source, sequence, at });
      await prices.sees({ symbol, price, at });
    }),
  );
  running.use(
    risk.inbox.consume(
      { name: 'quality', from: marketDataEvents, types: ['quality.found'], start: 'earliest' },
      ({ payload: { findingId, symbol, kind, series, from } }) =>
        risk.alerts.raise({
          alertId: `quality/${findingId}`.slice(0, 64),
          dedupKey: `quality/${series}`,
          severity: 'high',
          summary: `${kind} in ${series} of ${symbol} at ${from}`,
          labels: { kind: 'quality', symbol },
          policyId: POLICY.policyId,
        }),
    ),
  );
  running.use(
    risk.inbox.consume(
      {
        name: 'custody',
        from: custodianEvents,
        types: ['settlement.failed', 'settlement.settled'],
        start: 'earliest',
      },
      await watchSettlements(risk),
    ),
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
    async drain() {
      // Asked before, so that all that was published by then is handled when the venue counts as heard.
      const published = await risk.inbox.published(exchangeEvents);
      await hasRead(consumer, () => Promise.resolve(published?.publishSeq ?? 0));
      if (published?.businessTime !== undefined) await risk.checks.hearVenue({ venue, until: published.businessTime });
      await risk.catchUp();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Whom an unanswered alert of prices, data or settlements is told, and when. */
const POLICY = {
  policyId: 'monitor',
  steps: [
    { targets: ['risk-desk'], delay: 'PT5M' },
    { targets: ['head-of-risk'], delay: 'PT15M' },
  ],
  repeats: 1,
};

/** A settlement that failed has its alert until it settles. */
async function watchSettlements({ alerts }: RiskAdapter) {
  const prefix = 'fail/';
  const failing = new Set<string>();
  for (const { alertId } of await alerts.listActive()) if (alertId.startsWith(prefix)) failing.add(alertId);
  return async ({ type, payload }: EventOf<typeof custodianEvents, 'settlement.failed' | 'settlement.settled'>) => {
    const alertId = `${prefix}${payload.settlementId}`;
    if (type === 'settlement.failed') {
      failing.add(alertId);
      await alerts.raise({
        alertId,
        dedupKey: alertId,
        severity: 'high',
        summary: `the settlement of ${payload.reference} failed`,
        labels: { kind: 'settlement' },
        policyId: POLICY.policyId,
      });
    } else if (failing.delete(alertId)) await alerts.resolve({ alertId, by: 'risk-monitor', reason: 'settled' });
  };
}

async function hear(risk: RiskAdapter, event: Heard, tally: RiskTally): Promise<void> {
  const at = event.occurredAt;
  if (event.type === 'trade.settled') {
    const outcomes = await risk.positions.applyFills(riskFillsOf(event));
    for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
    tally.fills += outcomes.length;
  } else if (event.type === 'funds.moved') {
    const { accountId, kind, asset, amount } = event.payload;
    await risk.pnl.moveFunds({ movementId: event.id, account: accountId, kind, asset, amount, at });
  } else if (event.type === 'account.changed') {
    await followAccount(risk, event.payload.accountId, event.payload.status);
  } else if (event.type !== 'liability-snapshot.taken') {
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
