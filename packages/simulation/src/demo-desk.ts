import { decimal } from '@tse/core';
import { seededIds } from '@tse/testkit';
import type { DemoAdapters } from './demo-adapters.ts';
import type { Plan, Running } from './demo-run.ts';
import type { ExchangeSimulator } from './exchange-simulator.ts';
import type { Print } from './prints/print.ts';
import type { Done } from './report.ts';
import { type RiskMonitor, openRiskMonitor } from './risk-monitor.ts';
import { type EngineOrder, type TradingEngine, openTradingEngine } from './trading-engine.ts';
import { crossingAverages, runaway } from './trading/strategies.ts';

/** The accounts of the strategies: a sober one, and one that runs away. */
export const DESK_ACCOUNTS = ['momentum', 'runaway'] as const;
const LIMIT = 'runaway-position';
/** In lots of the market, an order of each, and where the limit of the second warns and refuses. */
const LOTS = { momentum: '10', runaway: '50', soft: '300', hard: '500' };
const ANSWERED_AFTER_MS = 16 * 60_000;

/** Strategies that trade on the replayed prices, each order through the risk monitor's check. */
export interface DemoDesk extends AsyncDisposable {
  readonly engine: TradingEngine;
  readonly monitor: RiskMonitor;
  onPrint(print: Print): Promise<void>;
  /** Where the tape ended before somebody had answered the breach that the runaway made. */
  answerBreach(): Promise<void>;
  drain(): Promise<void>;
  done(): Promise<Done>;
}

/** Opens accounts for the strategies, deposits what they start with, limits the one that will run away. */
export async function openDemoDesk(
  { survey, terms, funding }: Plan,
  { exchange, risk, trading }: DemoAdapters,
  simulator: ExchangeSimulator,
  { clock }: Pick<Running, 'clock'>,
): Promise<DemoDesk> {
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
  const pages: string[] = [];
  const monitor = opening.use(
    await openRiskMonitor(risk, { venue, page: ({ text }) => Promise.resolve(void pages.push(text)) }),
  );
  await risk.limits.define({
    limitId: LIMIT,
    metric: 'position',
    scope: { strategy: 'runaway' },
    soft: ofLots(LOTS.soft),
    hard: ofLots(LOTS.hard),
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
  const ids = seededIds('demo desk');
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
        { deploymentId: 'runaway', accountId: 'runaway', strategy: runaway({ quantity: ofLots(LOTS.runaway) }) },
      ],
      startingEquity,
      limitAt,
      check,
      place,
    }),
  );

  let last: Print | undefined;
  const isRefused = () => [...monitor.tally.denied.values()].some((count) => count > 2);
  let haltedAt: string | undefined;
  let isAnswered = false;
  async function drain(): Promise<void> {
    await monitor.drain();
    await engine.drain();
  }

  const ofBreach = async () => (await risk.breaches.list({ limitId: LIMIT })).items[0];

  /** Somebody answers, and has the position sold as far as there are bids. */
  async function answer(alertId: string): Promise<void> {
    await monitor.drain();
    await risk.alerts.acknowledge({ alertId, by: 'desk-head' });
    const [position] = (await risk.positions.list({ account: 'runaway' }, { fresh: true })).items;
    if (position === undefined || position.quantity === '0') return;
    const { price } = last!;
    const order = {
      orderId: ids.next(),
      deploymentId: 'runaway',
      accountId: 'runaway',
      symbol,
      side: 'sell',
      type: 'limit',
      timeInForce: 'ioc',
      quantity: position.quantity,
      price: limitAt(price, 'sell'),
    } as const;
    const { allowed, ...allowance } = await check(order);
    if (allowed) await place({ ...order, ...allowance });
    await drain();
  }

  /** Nobody answers at first, so that it is told again. */
  async function answerLate(): Promise<void> {
    if (haltedAt === undefined || isAnswered) return;
    const breach = await ofBreach();
    if (breach === undefined) return;
    const isLate = Date.parse(clock.now()) - Date.parse(haltedAt) >= ANSWERED_AFTER_MS;
    if (isLate) await answer(breach.alertId);
    isAnswered = isLate && (await ofBreach())?.clearedAt !== undefined;
  }

  const opened = opening.move();
  return {
    engine,
    monitor,
    async onPrint(print) {
      last = print;
      await monitor.mark({ symbol, price: print.price, sequence: print.sequence, at: clock.now() });
      await engine.onPrice({ price: print.price, at: print.at });
      if (haltedAt === undefined && isRefused()) {
        haltedAt = print.at;
        await engine.halt('runaway', 'limit');
      }
      await answerLate();
    },
    async answerBreach() {
      await drain();
      if (haltedAt === undefined || isAnswered) return;
      await clock.advance('PT16M');
      await monitor.mark({ symbol, price: last!.price, sequence: last!.sequence + 1, at: clock.now() });
      await answerLate();
    },
    drain,
    async done() {
      const desks = await engine.results();
      const breach = await ofBreach();
      return {
        Risk: {
          checksAllowed: monitor.tally.allowed,
          checksRefused: [...monitor.tally.denied.values()].reduce((sum, count) => sum + count, 0),
          breach: breach === undefined ? 'none' : breach.clearedAt === undefined ? 'open' : 'cleared',
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
