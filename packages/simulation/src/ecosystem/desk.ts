import { type FeedCause, causeOf, currentContext, decimal, withContext } from '@tse/core';
import type { ExchangeAdapter } from '@tse/exchange';
import { marketDataEvents } from '@tse/market-data/events';
import type { Alert, RiskAdapter } from '@tse/risk';
import { type ManualClock, seededIds } from '@tse/testkit';
import type { TradingAdapter } from '@tse/trading';
import type { ExchangeSimulator } from '../exchange-simulator.ts';
import type { FaultHandlers } from '../fault-targets.ts';
import type { Done } from '../report.ts';
import type { RiskMonitor } from '../risk-monitor.ts';
import { type EngineOrder, type TradingEngine, openTradingEngine } from '../trading-engine.ts';
import { crossingAverages, runaway } from '../trading/strategies.ts';
import type { Plan } from './plan.ts';

/** The accounts of the strategies: a sober one, and one that may run away. */
export const DESK_ACCOUNTS = ['momentum', 'runaway'] as const;
const POSITION_LIMIT = 'runaway-position';
const RATE_LIMIT = 'runaway-rate';
/** In lots of the market, an order of each, and where the limit of the second warns and refuses. */
const LOTS = { momentum: '10', runaway: '50', soft: '300', hard: '500' };
/** Orders a minute, of which many are a breach, and more are refused. */
const ORDERS = { soft: '10', hard: '20' };
const ANSWERED_AFTER_MS = 16 * 60_000;
/** Orders that a runaway sends at one price. */
const MOST_AT_A_PRICE = 5;
/** So often refused, a strategy is taken off the market. */
const REFUSED_OFTEN = 3;

/** Strategies that trade on the price feed, each order through the risk monitor's check, and the people who answer alerts. */
export interface Desk extends AsyncDisposable {
  readonly engine: TradingEngine;
  /** `order-spam`: a strategy runs away until it is undone. */
  readonly faults: FaultHandlers;
  /** After each step: has the runaway go on, takes off who is refused too often, and answers what has waited for long enough. */
  attend(): Promise<void>;
  /** Answers all that is open, however short it has waited. */
  answerAll(): Promise<void>;
  done(): Promise<Done>;
}

export interface DeskOptions {
  readonly plan: Plan;
  readonly exchange: ExchangeAdapter;
  readonly risk: RiskAdapter;
  readonly trading: TradingAdapter;
  readonly simulator: ExchangeSimulator;
  readonly monitor: RiskMonitor;
  readonly clock: ManualClock;
  readonly seed: number;
  /** Of those who were told of alerts, what they were told. */
  readonly pages: readonly string[];
}

/** Opens accounts for the strategies, deposits what they start with, limits the one that may run away. */
export async function openDesk({
  plan: { survey, terms, funding },
  exchange,
  risk,
  trading,
  simulator,
  monitor,
  clock,
  seed,
  pages,
}: DeskOptions): Promise<Desk> {
  await using opening = new AsyncDisposableStack();
  const { symbol, quote, priceScale } = terms;
  const venue = exchange.identity.label;
  const ofLots = (lots: string) => decimal.times(survey.lotSize, lots);
  const startingEquity = decimal.times(decimal.times(funding.highestPrice, ofLots(LOTS.hard)), '2');
  for (const accountId of DESK_ACCOUNTS) {
    await exchange.accounts.open({ accountId, ownerId: 'desk', checkRequired: true });
    await exchange.ledger.deposit({
      reference: `${accountId}-${quote}`,
      accountId,
      asset: quote,
      amount: startingEquity,
    });
  }
  const scope = { strategy: 'runaway' };
  await risk.limits.define({
    limitId: POSITION_LIMIT,
    metric: 'position',
    scope,
    soft: ofLots(LOTS.soft),
    hard: ofLots(LOTS.hard),
    escalateAfter: 'PT15M',
  });
  await risk.limits.define({
    limitId: RATE_LIMIT,
    metric: 'order-rate',
    scope,
    window: 'PT1M',
    ...ORDERS,
    escalateAfter: 'PT15M',
  });

  /** A twentieth beyond the price: far enough to meet the quotes that rest. */
  const limitAt = (price: string, side: 'buy' | 'sell') =>
    decimal.round(decimal.times(price, side === 'buy' ? '1.05' : '0.95'), priceScale, side === 'buy' ? 'up' : 'down');
  const check = async ({ orderId, accountId, deploymentId, side, quantity, price }: Omit<EngineOrder, 'type'>) => {
    const order = { orderId, account: accountId, strategy: deploymentId, symbol, side, quantity, price };
    const { decision, code, checkId, validUntil } = await monitor.check(order);
    return decision === 'allow'
      ? ({ allowed: true, riskCheckId: checkId, ...(validUntil !== undefined && { validUntil }) } as const)
      : ({ allowed: false, code, riskCheckId: checkId } as const);
  };
  const place = ({ deploymentId: _, ...order }: EngineOrder) =>
    simulator.send({ ...order, clientOrderId: order.orderId });
  const ids = seededIds(`${seed} desk`);
  const rogue = runaway({ quantity: ofLots(LOTS.runaway), ordersAPrice: 0 });
  const engine = opening.use(
    await openTradingEngine(trading, {
      venue,
      symbol,
      clock,
      ids,
      desks: [
        {
          deploymentId: 'momentum',
          accountId: 'momentum',
          strategy: crossingAverages({ quantity: ofLots(LOTS.momentum) }),
        },
        { deploymentId: 'runaway', accountId: 'runaway', strategy: rogue },
      ],
      startingEquity,
      limitAt,
      check,
      place,
      pricesAPoint: 5,
    }),
  );

  /** Whether there was a price in this step. */
  let isPriced = false;
  let isHalted = false;
  /** What had the strategy run away: its orders follow from it. */
  let because: FeedCause = {};
  opening.use(
    trading.inbox.follow({ name: 'prices', feed: marketDataEvents.priceFeed }, async ({ payload, occurredAt: at }) => {
      if (payload.symbol !== symbol) return;
      isPriced = true;
      await engine.onPrice({ price: payload.last, at });
    }),
  );

  const refusals = () => [...monitor.tally.denied.values()].reduce((sum, count) => sum + count, 0);

  /** Somebody answers: a strategy that went too far sells what it holds, as far as there are bids. */
  async function answer({ alertId, labels }: Alert): Promise<void> {
    await risk.alerts.acknowledge({ alertId, by: 'desk-head' });
    if (labels['kind'] === 'quality') await risk.alerts.resolve({ alertId, by: 'desk-head', reason: 'seen' });
    if (labels['scope'] === 'strategy:runaway') await engine.closeOut('runaway');
  }

  /** In the order in which they opened: those of one moment by their ids. */
  const unanswered = async (): Promise<Alert[]> =>
    (await risk.alerts.listActive({ fresh: true }))
      .filter(({ state, acknowledgedAt }) => state !== 'pending' && acknowledgedAt === undefined)
      .toSorted((a, b) => (a.openedAt + a.alertId < b.openedAt + b.alertId ? -1 : 1));

  async function breaches() {
    const found = [];
    for (const limitId of [POSITION_LIMIT, RATE_LIMIT])
      found.push(...(await risk.breaches.list({ limitId }, { fresh: true })).items);
    return found;
  }

  const opened = opening.move();
  return {
    engine,
    faults: {
      async inject({ kind, params }) {
        if (kind !== 'order-spam') throw new RangeError(`the desk has no fault ${kind}`);
        rogue.runAway(Math.min(Number(params['ordersPerSecond']), MOST_AT_A_PRICE));
        because = causeOf(currentContext());
        await Promise.resolve();
      },
      async undo() {
        rogue.runAway(0);
        if (!isHalted) await engine.halt('runaway', 'undone');
        isHalted = true;
      },
    },
    async attend() {
      if (rogue.ordersAPrice > 0 && !isPriced) await withContext(because, () => engine.ask('runaway'));
      isPriced = false;
      if (!isHalted && refusals() >= REFUSED_OFTEN) {
        isHalted = true;
        await engine.halt('runaway', 'limit');
      }
      for (const alert of await unanswered())
        if (Date.parse(clock.now()) - Date.parse(alert.openedAt) >= ANSWERED_AFTER_MS) await answer(alert);
    },
    async answerAll() {
      for (const alert of await unanswered()) await answer(alert);
    },
    async done() {
      const [desks, found, alerts] = [
        await engine.results(),
        await breaches(),
        await Array.fromAsync(risk.alerts.list({ limit: 1000 })),
      ];
      return {
        Risk: {
          checksAllowed: monitor.tally.allowed,
          checksRefused: refusals(),
          breaches: found.length,
          stillOpen: found.filter(({ clearedAt }) => clearedAt === undefined).length,
          alerts: alerts.length,
          escalated: alerts.filter(({ escalated }) => escalated > 0).length,
          told: pages.length,
        },
        ...Object.fromEntries(
          desks.map(({ name, actual, positions, equity, metrics }) => [
            `Strategy: ${name}`,
            {
              state: actual,
              positions: positions.length,
              ...(equity && { equity: equity.equity, realized: equity.realized, unrealized: equity.unrealized }),
              ...Object.fromEntries(
                metrics
                  .filter(({ name: metric }) => METRICS.has(metric))
                  .map(({ name: metric, value, reason }) => [
                    metric,
                    value === undefined ? `none: ${reason}` : value.toPrecision(4),
                  ]),
              ),
            },
          ]),
        ),
      };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const METRICS = new Set(['total-return', 'sharpe', 'max-drawdown', 'win-rate', 'profit-factor', 'exposure-time']);
