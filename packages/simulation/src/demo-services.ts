import { definition as custodianDefinition } from '@tse/custodian';
import { custodianEvents } from '@tse/custodian/events';
import { definition as exchangeDefinition } from '@tse/exchange';
import { exchangeEvents } from '@tse/exchange/events';
import { definition as marketDataDefinition } from '@tse/market-data';
import { marketDataEvents } from '@tse/market-data/events';
import { definition as riskDefinition } from '@tse/risk';
import { riskEvents } from '@tse/risk/events';
import { definition as testCoordinatorDefinition } from '@tse/test-coordinator';
import { testCoordinatorEvents } from '@tse/test-coordinator/events';
import { definition as tradingDefinition } from '@tse/trading';
import { tradingEvents } from '@tse/trading/events';
import { type AuditCorrelator, checkTrail, openAuditCorrelator } from './audit-correlator.ts';
import { causalChain } from './causal-chain.ts';
import { type CustodianSimulator, openCustodianSimulator } from './custodian-simulator.ts';
import { checkStatement } from './custody/check-statement.ts';
import { type TransferDesk, openTransferDesk } from './custody/transfer-desk.ts';
import type { DemoAdapters } from './demo-adapters.ts';
import type { DemoRunOf } from './demo-coordination.ts';
import type { Plan, Running } from './demo-run.ts';
import { type MarketDataSimulator, openMarketDataSimulator } from './market-data-simulator.ts';
import { checkMarketTape } from './market-tape.ts';
import type { Print } from './prints/print.ts';
import type { Done, Invariant } from './report.ts';

/** The services around the exchange, each over its own adapter; they meet by events alone. */
export interface DemoServices extends AsyncDisposable {
  /** Before the exchange acts on them. */
  replay(prints: readonly Print[]): Promise<void>;
  /** Keeps up with what was traded, so that it settles at its own time. */
  follow(trades: number): Promise<void>;
  /** Does all that follows from what was traded, until its day of settlement and beyond; `drainOthers` does the same for whoever reads besides. */
  settle(drainOthers: () => Promise<void>): Promise<void>;
  done(): Promise<Done>;
  /** How one trade came about, and what followed from it, as lines to print. */
  chainOf(tradeId: string): Promise<string[]>;
  /** What must hold between the services; the trail is looked at in the end. */
  check(): Promise<Invariant[]>;
  /** Waits until the trail has all that was published. */
  completeTrail(): Promise<void>;
  checkTrail(): Promise<Invariant[]>;
}

/** Two days on: what settles on the day after the last trade has settled, whatever the calendars say of a weekend. */
const SETTLED_AFTER = 'P4D';

export async function openDemoServices(
  { survey, source }: Pick<Plan, 'survey' | 'source'>,
  demo: DemoAdapters,
  run: DemoRunOf,
  { clock, signal, seed }: Pick<Running, 'clock' | 'signal' | 'seed'>,
): Promise<DemoServices> {
  await using opening = new AsyncDisposableStack();
  const { exchange, marketData, custodian, audit, target } = demo;
  const venue = exchange.identity.label;
  const instance = exchange.identity.instance;
  const published = [
    { definition: marketDataDefinition, events: marketDataEvents },
    { definition: exchangeDefinition, events: exchangeEvents },
    { definition: custodianDefinition, events: custodianEvents },
    { definition: riskDefinition, events: riskEvents },
    { definition: tradingDefinition, events: tradingEvents },
    { definition: testCoordinatorDefinition, events: testCoordinatorEvents },
  ];
  const correlator: AuditCorrelator = opening.use(
    await openAuditCorrelator(
      audit,
      published.map(({ events }) => ({ ...events.source, ...(instance !== undefined && { instance }) })),
    ),
  );
  const market: MarketDataSimulator = opening.use(await openMarketDataSimulator(marketData, { survey, clock }));
  const desk: TransferDesk = opening.use(openTransferDesk(exchange));
  const custody: CustodianSimulator = opening.use(await openCustodianSimulator(custodian, { venue, seed, run, clock }));

  const reconciled: Invariant[] = [];
  let fails = 0;
  const opened = opening.move();
  return {
    replay: (prints) => market.replay(prints),
    follow: (trades) => custody.keepUp(trades),
    async settle(drainOthers) {
      await market.drain();
      for (const step of ['now', SETTLED_AFTER]) {
        if (step !== 'now') await clock.advance(step);
        await custody.drain();
        await desk.drain();
        await custody.drain();
        await drainOthers();
        signal.throwIfAborted();
      }
      fails = (await custodian.settlements.listFails()).items.length;
      if (custody.tally.delayed > 0) await run.confirmFault('injected');
      await run.undoFault();
      await custody.letGo();
      await clock.advance('PT1M');
      await custody.drain();
      await desk.drain();
      await run.confirmFault('undone');
      reconciled.push(await checkStatement(custodian, desk, { venue, seed, clock }));
    },
    async done() {
      const { position } = await audit.trail.head();
      return {
        'Market data': { trades: market.tally.trades, ticks: market.tally.ticks },
        Custody: {
          settlements: custody.tally.settlements,
          settledAtOnce: custody.tally.settledAtOnce,
          fails,
          transfers: custody.transfers.filter(({ status }) => status === 'completed').length,
          waitingForApproval: custody.transfers.filter(({ status }) => status === 'pending-approval').length,
        },
        Audit: { events: position, sources: published.length },
      };
    },
    chainOf: (tradeId) => causalChain(audit, { tradeId }, signal),
    check: async () => [...(await checkMarketTape(marketData, survey.symbol, source)), ...reconciled],
    completeTrail: () => correlator.drain(signal),
    checkTrail: () =>
      checkTrail(
        audit,
        target,
        published.map(({ definition }) => ({ definition, target })),
        signal,
      ),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
