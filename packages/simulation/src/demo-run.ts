import type { ManualClock } from '@tse/testkit';
import { checkTrail } from './audit-correlator.ts';
import { causalChain } from './causal-chain.ts';
import { checkStatement } from './custody/check-statement.ts';
import type { DemoAdapters } from './demo-adapters.ts';
import { checkCopies, checkDeadLetters, checkProbes, doneOf, scenarioOf, scoreAlerts } from './demo-findings.ts';
import { DESK_ACCOUNTS } from './ecosystem/desk.ts';
import { checkPointInTime } from './ecosystem/check-point-in-time.ts';
import { checkDetection } from './ecosystem/check-detection.ts';
import { conclude } from './ecosystem/conclude.ts';
import { type Ecosystem, openEcosystem } from './ecosystem/ecosystem.ts';
import type { Plan } from './ecosystem/plan.ts';
import { timelineOf } from './ecosystem/timeline.ts';
import { worldOf } from './ecosystem/world.ts';
import { proveSolvency } from './solvency.ts';
import { readHoldings } from './holdings.ts';
import { checkAdapters, toolings } from './invariants.ts';
import { checkMarketTape } from './market-tape.ts';
import { stepsOf } from './participants/participants.ts';
import { duration, grouped } from './progress.ts';
import { type ServiceProgress, startServiceProgress } from './service-progress.ts';
import type { Findings, Invariant } from './report.ts';
import { type ScenarioName, publishScenario } from './scenarios.ts';
import { checkTape } from './tape.ts';
import { openTestCoordinator } from './test-coordinator.ts';

const BOOK_LEVELS = 5;
/** The id of the one test run that a demo is. */
export const DEMO_RUN = 'demo';

export interface Running {
  readonly clock: ManualClock;
  readonly signal: AbortSignal;
  readonly scenario: ScenarioName;
  /** Of the scenario, over those it ships with. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly quiet: boolean;
  readonly say: (line: string) => void;
}

/** Trades the first half of the prints, has the coordinator run its scenario on what follows, and looks at what became of all. */
export async function runDemo(plan: Plan, demo: DemoAdapters, running: Running): Promise<Omit<Findings, 'servers'>> {
  const { source, survey, terms } = plan;
  const { clock, signal, scenario, parameters, seed, quiet, say } = running;
  const { exchange, custodian, testCoordinator, audit, target } = demo;
  const venue = exchange.identity.label;
  await using ecosystem = await openEcosystem({ plan, demo, clock, seed });
  const timeline = await timelineOf(stepsOf(source.read(), terms));
  const progress = startServiceProgress({ services: SERVICES, quiet });
  const startedAt = performance.now();
  const found: Invariant[] = [];
  const world = worldOf({
    ecosystem,
    demo,
    timeline,
    clock,
    runId: DEMO_RUN,
    signal,
    onStep: () =>
      showProgress(
        progress,
        ecosystem,
        `${grouped(world.played)} of ${grouped(survey.prints)} prints, ${clock.now().slice(0, 16)}`,
      ),
    async conclude() {
      await conclude(ecosystem, clock);
      found.push(
        await checkStatement(custodian, ecosystem.transfers, { venue, seed, clock }),
        await checkTape(exchange, terms.symbol, source, DESK_ACCOUNTS),
        ...(await checkMarketTape(demo.marketData, survey.symbol, source)),
      );
    },
    found: () => found,
  });
  await ecosystem.settle();
  await world.play(Math.floor(survey.prints / 2));
  const order = await publishScenario(testCoordinator, scenario, plan);
  const { run: ended, differences } = await openTestCoordinator(testCoordinator, world).run(
    { ...order, parameters: { ...order.parameters, ...parameters }, runId: DEMO_RUN, seed: `${seed}` },
    signal,
  );
  progress.end();
  const seconds = (performance.now() - startedAt) / 1000;
  say(`Trading: ${grouped(survey.prints)} prints in ${duration(seconds)}.`);

  say('Proving that all that is owed is there.');
  const solvency = await proveSolvency(exchange, custodian, audit, { snapshotId: DEMO_RUN, signal });
  say('Reading back what the adapters hold.');
  const [holdings, faults] = [
    await readHoldings(exchange, terms.symbol, BOOK_LEVELS),
    await Array.fromAsync(testCoordinator.faults.list({ runId: DEMO_RUN, limit: 1000 }, { fresh: true })),
  ];
  say('Checking what must hold.');
  await ecosystem.completeTrail(signal);
  const books = await Array.fromAsync(testCoordinator.invariants.list({ runId: DEMO_RUN, limit: 1000 }));
  const invariants = [
    ...books
      .filter(({ phase }) => phase === 'after')
      .map(({ name, passed: ok, compared, samples }) => ({
        name,
        ok,
        compared,
        ...(!ok && { problem: JSON.stringify(samples[0]) }),
      })),
    await checkProbes(testCoordinator, DEMO_RUN),
    solvency,
    await checkDeadLetters(demo.adapters),
    await checkCopies(demo.adapters),
    await checkPointInTime(demo, await testCoordinator.snapshots.get(`${DEMO_RUN}/before`)),
    ...(await checkAdapters(demo, signal, ['testCoordinator', 'audit'])),
    ...(await checkTrail(
      audit,
      target,
      Object.values(toolings).flatMap(({ definition }) =>
        definition.identity.name === 'audit' ? [] : [{ definition, target }],
      ),
      signal,
    )),
    ...(await checkDetection(audit, faults, signal)),
  ];
  signal.throwIfAborted();

  const { tally } = ecosystem.simulator;
  const deskTrades = (
    await Promise.all(
      DESK_ACCOUNTS.map((accountId) => Array.fromAsync(exchange.trades.listOfAccount({ accountId, limit: 1000 }))),
    )
  ).flat().length;
  const [first] = (await exchange.trades.listOfMarket({ symbol: terms.symbol, limit: 1 })).items;
  return {
    input: {
      source: source.name,
      symbol: terms.symbol,
      prints: survey.prints,
      from: survey.firstAt,
      to: survey.lastAt,
    },
    scenario: scenarioOf(scenario, seed, ended, faults, differences),
    scenarioRoot: (await audit.roots.compute({}, { signal })).root,
    counts: {
      prints: survey.prints,
      accounts: holdings.accounts.length,
      orders: Object.values(holdings.orders).reduce((sum, count) => sum + count, 0),
      trades: holdings.trades - deskTrades,
      deskTrades,
      cancels: holdings.orders.canceled ?? 0,
      bookChanges: holdings.book.sequence,
      refusals: [...tally.refusals.values()].reduce((sum, count) => sum + count, 0),
    },
    holdings,
    services: await doneOf(
      ecosystem,
      demo,
      await scoreAlerts(demo.risk, faults, { from: survey.firstAt, until: clock.now() }),
    ),
    chain: first === undefined ? [] : await causalChain(audit, { tradeId: first.id }, signal),
    rates: {
      seconds,
      printsPerSecond: survey.prints / seconds,
      ordersPerSecond: tally.orders / seconds,
      settledPerSecond: tally.trades / seconds,
    },
    invariants,
  };
}

const SERVICES = ['Market data', 'Exchange', 'Custodian', 'Risk', 'Trading'] as const;

/** What each service has done by now. */
function showProgress(
  progress: ServiceProgress<(typeof SERVICES)[number]>,
  { simulator, custody, monitor, desk }: Ecosystem,
  tape: string,
): void {
  progress.set('Market data', tape);
  progress.set('Exchange', simulator.tally.orders, 'orders');
  progress.set('Custodian', custody.tally.settlements, 'settlements');
  progress.set('Risk', `${grouped(monitor.tally.fills)} fills, ${grouped(monitor.tally.allowed)} orders allowed`);
  progress.set('Trading', desk.engine.tally.signals, 'signals');
}
