import { type BaseAdapter, instant } from '@tse/core';
import { custodianEvents } from '@tse/custodian/events';
import { exchangeEvents } from '@tse/exchange/events';
import { marketDataEvents } from '@tse/market-data/events';
import { riskEvents } from '@tse/risk/events';
import { testCoordinatorEvents } from '@tse/test-coordinator/events';
import type { ManualClock } from '@tse/testkit';
import { tradingEvents } from '@tse/trading/events';
import { openAuditCorrelator } from '../audit-correlator.ts';
import { type CustodianSimulator, openCustodianSimulator } from '../custodian-simulator.ts';
import { type TransferDesk, openTransferDesk } from '../custody/transfer-desk.ts';
import type { DemoAdapters } from '../demo-adapters.ts';
import { type ExchangeSimulator, openExchangeSimulator } from '../exchange-simulator.ts';
import { type FaultHandlers, followFaults } from '../fault-targets.ts';
import { followRuns } from '../followed-runs.ts';
import { type MarketDataSimulator, openMarketDataSimulator } from '../market-data-simulator.ts';
import type { Step } from '../participants/orders.ts';
import { type RiskMonitor, openRiskMonitor } from '../risk-monitor.ts';
import { takeTurns } from '../turns.ts';
import { type Desk, openDesk } from './desk.ts';
import { hearDetections } from './detection.ts';
import { type Plan, openMarket } from './plan.ts';

/** The price of the stablecoin. */
export const STABLECOIN = 'USDT-USD';
const PEG = { symbol: STABLECOIN, peg: '1', beyond: '0.01' };
/** From one price of the market to its next. */
const JUMP = '0.1';
const MOST_ROUNDS = 100;

/**
 * Seven services, each over its own adapter, on one clock. They act one after the other in a fixed order, and each handles all that the
 * others have committed before it acts: so that the same input, clock and ids give the same events, whoever is faster.
 */
export interface Ecosystem extends AsyncDisposable {
  readonly market: MarketDataSimulator;
  readonly simulator: ExchangeSimulator;
  readonly custody: CustodianSimulator;
  readonly monitor: RiskMonitor;
  readonly desk: Desk;
  readonly transfers: TransferDesk;
  /** Goes to a moment, trades what the tape printed until then, and has everybody act once. */
  step(at: string, steps?: readonly Step[]): Promise<void>;
  /** Has everybody act, without a price, until nobody has anything left to handle. */
  settle(): Promise<void>;
  /** Waits until the trail has all that anybody has committed by now, with its causes, sealed. */
  completeTrail(signal: AbortSignal): Promise<void>;
}

export interface EcosystemOptions {
  readonly plan: Plan;
  readonly demo: DemoAdapters;
  readonly clock: ManualClock;
  readonly seed: number;
}

export async function openEcosystem({ plan, demo, clock, seed }: EcosystemOptions): Promise<Ecosystem> {
  await using opening = new AsyncDisposableStack();
  const { survey, terms } = plan;
  const { audit } = demo;
  await openMarket(plan, demo.exchange);

  const adapters = [demo.marketData, demo.exchange, demo.custodian, demo.risk, demo.trading, demo.testCoordinator];
  const turns = takeTurns(adapters, clock);
  const marketData = turns.join(demo.marketData);
  const exchange = turns.join(demo.exchange);
  const custodian = turns.join(demo.custodian);
  const risk = turns.join(demo.risk);
  const trading = turns.join(demo.trading);
  const coordinator = turns.join(demo.testCoordinator);

  const { instance } = exchange.identity;
  const published = [
    marketDataEvents,
    exchangeEvents,
    custodianEvents,
    riskEvents,
    tradingEvents,
    testCoordinatorEvents,
  ];
  const correlator = opening.use(
    await openAuditCorrelator(
      audit,
      published.map(({ source }) => ({ ...source, ...(instance !== undefined && { instance }) })),
    ),
  );
  const venue = exchange.identity.label;
  const market = opening.use(
    await openMarketDataSimulator(marketData, { survey, clock, peg: { symbol: STABLECOIN, seed: `${seed}` } }),
  );
  const simulator = opening.use(await openExchangeSimulator(exchange, terms.symbol, clock));
  const transfers = opening.use(openTransferDesk(exchange));
  const custody = opening.use(await openCustodianSimulator(custodian, { venue, clock }));
  const pages: string[] = [];
  const monitor = opening.use(
    await openRiskMonitor(risk, {
      venue,
      watch: [PEG, { symbol: terms.symbol, beyond: JUMP }],
      page: ({ text }) => Promise.resolve(void pages.push(text)),
    }),
  );
  const desk = opening.use(await openDesk({ plan, exchange, risk, trading, simulator, monitor, clock, seed, pages }));
  opening.use(hearDetections(coordinator));
  const confirm = coordinator.faults.confirm.bind(coordinator.faults);
  const targets: [BaseAdapter, string, FaultHandlers][] = [
    [marketData, 'market-data', market.faults],
    [custodian, 'custodian', custody.faults],
    [trading, 'trading', desk.faults],
  ];
  for (const [adapter, target, faults] of targets) opening.use(followFaults(adapter, target, faults, confirm));
  for (const adapter of [marketData, exchange, custodian, risk, trading]) opening.use(followRuns(adapter));

  /** Whether no maker waits for a further print of its run: only then others may trade. */
  let isBetweenRuns = true;

  /** Everybody's turn, in their order; answers how many events were handled. With a price they act on it. */
  async function round(
    at: string,
    { steps = [], withPrices = true }: { steps?: readonly Step[]; withPrices?: boolean } = {},
  ) {
    void clock.set(at);
    let handled = await turns.take(marketData);
    if (withPrices) {
      await market.replay(steps.map(({ print }) => print));
      await market.tell();
    }
    await marketData.catchUp();

    handled += await turns.take(exchange);
    if (steps.length > 0) await simulator.run(steps);
    isBetweenRuns = steps.at(-1)?.endsRun ?? isBetweenRuns;
    void clock.set(at);
    await exchange.catchUp();

    handled += await turns.take(custodian);
    await custody.drain();

    handled += await turns.take(risk);
    if (withPrices) await turns.follow(risk, market.told);
    await monitor.drain();

    handled += await turns.take(trading);
    if (withPrices && isBetweenRuns) await turns.follow(trading, market.told);
    await trading.catchUp();
    if (isBetweenRuns) await desk.attend();

    handled += await turns.take(coordinator);
    await coordinator.catchUp();
    return handled;
  }

  const opened = opening.move();
  return {
    market,
    simulator,
    custody,
    monitor,
    desk,
    transfers,
    async step(at, steps = []) {
      await round(instant.of(at), { steps });
    },
    async settle() {
      for (let rounds = 0; (await round(clock.now(), { withPrices: false })) > 0; rounds += 1)
        if (rounds === MOST_ROUNDS) throw new Error(`after ${MOST_ROUNDS} rounds the services still answer each other`);
    },
    async completeTrail(signal) {
      for (const adapter of adapters) await adapter.flushEvents({ signal });
      await correlator.drain(signal);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
