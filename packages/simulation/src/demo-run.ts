import type { ManualClock } from '@tse/testkit';
import type { DemoAdapters } from './demo-adapters.ts';
import { openDemoRun } from './demo-coordination.ts';
import { DESK_ACCOUNTS, type DemoDesk, openDemoDesk } from './demo-desk.ts';
import { type DemoServices, openDemoServices } from './demo-services.ts';
import { type ExchangeSimulator, openExchangeSimulator } from './exchange-simulator.ts';
import { readHoldings } from './holdings.ts';
import { checkAdapters } from './invariants.ts';
import { type Funding, fundingFor } from './participants/funding.ts';
import { type MarketTerms, marketTerms } from './participants/market-terms.ts';
import { ACCOUNTS, type Step } from './participants/orders.ts';
import { stepsOf } from './participants/participants.ts';
import type { PrintSource } from './prints/print.ts';
import { type Survey, surveyPrints } from './prints/survey.ts';
import { startProgress } from './progress.ts';
import type { Findings } from './report.ts';
import { checkTape } from './tape.ts';

const FEES = { version: 2, tiers: [{ tier: 'standard', maker: '0.0005', taker: '0.001' }] };
const STEPS_AT_ONCE = 64;
const BOOKS = ['marketData', 'exchange', 'custodian', 'risk', 'trading'] as const;
const BOOK_LEVELS = 5;

/** What has to be known before the first print: the market's terms and what the accounts need, both from all of the input. */
export interface Plan {
  readonly source: PrintSource;
  readonly survey: Survey;
  readonly terms: MarketTerms;
  readonly funding: Funding;
}

export interface Running {
  readonly clock: ManualClock;
  readonly signal: AbortSignal;
  readonly seed: number;
  readonly quiet: boolean;
  readonly say: (line: string) => void;
}

export async function planOf(source: PrintSource): Promise<Plan> {
  const survey = await surveyPrints(source);
  const terms = marketTerms(survey, FEES.tiers[0]!.taker);
  return { source, survey, terms, funding: await fundingFor(stepsOf(source.read(), terms), terms) };
}

/** Trades all prints and looks at what became of them. */
export async function runDemo(plan: Plan, demo: DemoAdapters, running: Running): Promise<Omit<Findings, 'servers'>> {
  const { source, survey, terms } = plan;
  const { signal, say } = running;
  await openMarket(plan, demo);
  await using run = await openDemoRun(demo, running);
  await using services = await openDemoServices(plan, demo, run, running);
  await using simulator = await openExchangeSimulator(demo.exchange, terms.symbol, running.clock);
  await using desk = await openDemoDesk(plan, demo, simulator, running);
  const { tally } = simulator;
  const seconds = await trade(plan, { services, simulator, desk }, running);
  say('Answering the breach, and settling what was traded.');
  await desk.answerBreach();
  await services.settle(() => desk.drain());

  say('Reading back what the adapters hold.');
  const holdings = await readHoldings(demo.exchange, terms.symbol, BOOK_LEVELS);
  signal.throwIfAborted();
  say('Checking what must hold.');
  const books = [
    ...(await checkAdapters(demo, signal, BOOKS)),
    await checkTape(demo.exchange, terms.symbol, source, DESK_ACCOUNTS),
    ...(await services.check()),
  ];
  // What was found is part of the run, and the run of the trail: whoever keeps them is looked at after both.
  await run.end(books);
  await services.completeTrail();
  const invariants = [
    ...books,
    ...(await checkAdapters(demo, signal, ['testCoordinator', 'audit'])),
    ...(await services.checkTrail()),
  ];
  signal.throwIfAborted();
  const deskTrades = (
    await Promise.all(
      DESK_ACCOUNTS.map((accountId) => Array.fromAsync(demo.exchange.trades.listOfAccount({ accountId, limit: 1000 }))),
    )
  ).flat().length;
  const [first] = (await demo.exchange.trades.listOfMarket({ symbol: terms.symbol, limit: 1 })).items;
  return {
    input: {
      source: source.name,
      symbol: terms.symbol,
      prints: survey.prints,
      from: survey.firstAt,
      to: survey.lastAt,
    },
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
    services: { ...(await services.done()), ...(await desk.done()), ...run.done() },
    chain: first === undefined ? [] : await services.chainOf(first.id),
    rates: {
      seconds,
      printsPerSecond: survey.prints / seconds,
      ordersPerSecond: tally.orders / seconds,
      settledPerSecond: tally.trades / seconds,
    },
    invariants,
  };
}

async function openMarket({ survey, terms, funding }: Plan, { exchange }: DemoAdapters): Promise<void> {
  const { accounts, ledger, markets } = exchange;
  await markets.registerAsset({ asset: terms.base, scale: terms.baseScale });
  await markets.registerAsset({ asset: terms.quote, scale: terms.quoteScale });
  await markets.defineFees(FEES);
  await markets.open({
    symbol: terms.symbol,
    tickSize: survey.tickSize,
    lotSize: survey.lotSize,
    maxQuantity: funding.largestQuantity,
    feeVersion: FEES.version,
  });
  for (const accountId of ACCOUNTS) await accounts.open({ accountId, ownerId: accountId });
  for (const { accountId, asset, amount } of funding.deposits)
    await ledger.deposit({ reference: `${accountId}-${asset}`, accountId, asset, amount });
}

async function trade(
  { source, survey, terms }: Plan,
  { services, simulator, desk }: { services: DemoServices; simulator: ExchangeSimulator; desk: DemoDesk },
  { clock, signal, quiet }: Running,
): Promise<number> {
  const progress = startProgress({ doing: 'Trading', what: 'prints', total: survey.prints, quiet });
  for await (const steps of chunksOf(stepsOf(source.read(), terms), STEPS_AT_ONCE)) {
    signal.throwIfAborted();
    const { print: last } = steps.at(-1)!;
    void clock.set(last.at);
    await services.replay(steps.map(({ print }) => print));
    await simulator.run(steps);
    await services.follow(simulator.tally.trades);
    await desk.onPrint(last);
    progress.add(steps.length);
  }
  return progress.end().seconds;
}

/** Steps that are carried out at once: of one day, where they are many, and up to the end of a run. */
async function* chunksOf(steps: AsyncIterable<Step>, size: number): AsyncGenerator<Step[]> {
  let chunk: Step[] = [];
  for await (const step of steps) {
    const isFull = chunk.length >= size || (chunk[0] !== undefined && daysBetween(chunk[0], step) >= 1);
    if (isFull && chunk.at(-1)!.endsRun) {
      yield chunk;
      chunk = [];
    }
    chunk.push(step);
  }
  if (chunk.length > 0) yield chunk;
}

const daysBetween = (a: Step, b: Step): number => (Date.parse(b.print.at) - Date.parse(a.print.at)) / 86_400_000;
