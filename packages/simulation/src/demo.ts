import { once } from 'node:events';
import { resolve } from 'node:path';
import { manualClock, seededIds } from '@tse/testkit';
import { writeDotenv } from '@tse/testkit/servers';
import { DEMO_HELP, type DemoOptions, parseDemoOptions } from './demo-options.ts';
import { type DemoExchange, openDemoExchange } from './demo-exchange.ts';
import { openExchangeSimulator } from './exchange-simulator.ts';
import { InputError } from './input-error.ts';
import { fundingFor } from './participants/funding.ts';
import { marketTerms } from './participants/market-terms.ts';
import { ACCOUNTS, type Step } from './participants/orders.ts';
import { stepsOf } from './participants/participants.ts';
import { surveyPrints } from './prints/survey.ts';
import { startProgress } from './progress.ts';
import { type Report, formatReport, reportOf } from './report.ts';
import { checkTape } from './tape.ts';

const FEES = { version: 2, tiers: [{ tier: 'standard', maker: '0.0005', taker: '0.001' }] };
const STEPS_AT_ONCE = 64;

async function main(): Promise<number> {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(DEMO_HELP);
    return 0;
  }
  const say = (line: string) => void (options.quiet || process.stderr.write(`${line}\n`));
  say(`Reading ${options.source.name}.`);
  const plan = await planOf(options);
  const clock = manualClock(plan.survey.firstAt);
  await using demo = await openDemoExchange(clock, seededIds('demo'), say);
  const report = await runDemo(options, plan, demo, clock, say);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : formatReport(report));
  if (options.keep) await keep(demo, say);
  return report.ok ? 0 : 1;
}

/** What has to be known before the first print: the market's terms, and what the accounts need. Both from all of the input. */
async function planOf({ source }: DemoOptions) {
  const survey = await surveyPrints(source);
  const terms = marketTerms(survey, FEES.tiers[0]!.taker);
  return { survey, terms, funding: await fundingFor(stepsOf(source.read(), terms), terms) };
}

async function runDemo(
  { source, quiet }: DemoOptions,
  { survey, terms, funding }: Awaited<ReturnType<typeof planOf>>,
  demo: DemoExchange,
  clock: ReturnType<typeof manualClock>,
  say: (line: string) => void,
): Promise<Report> {
  const { exchange, servers } = demo;
  const { accounts, ledger, markets } = exchange;
  const { symbol, base, quote } = terms;
  await markets.registerAsset({ asset: base, scale: terms.baseScale });
  await markets.registerAsset({ asset: quote, scale: terms.quoteScale });
  await markets.defineFees(FEES);
  await markets.open({
    symbol,
    tickSize: survey.tickSize,
    lotSize: survey.lotSize,
    maxQuantity: funding.largestQuantity,
    feeVersion: FEES.version,
  });
  for (const accountId of ACCOUNTS) await accounts.open({ accountId, ownerId: accountId });
  for (const { accountId, asset, amount } of funding.deposits)
    await ledger.deposit({ reference: `${accountId}-${asset}`, accountId, asset, amount });

  await using simulator = await openExchangeSimulator(exchange, symbol, clock);
  const progress = startProgress({ doing: 'Trading', what: 'prints', total: survey.prints, quiet });
  for await (const steps of chunksOf(stepsOf(source.read(), terms), STEPS_AT_ONCE)) {
    await simulator.run(steps);
    progress.add(steps.length);
  }
  const { seconds, perSecond } = progress.end();
  const { orders, trades, cancels, refused } = simulator.tally;

  say('Checking what must hold.');
  const identities = await demo.verify(() => {});
  const invariants = [
    ...identities.map(({ name, ok, compared, differences = [] }) => ({
      name,
      ok,
      compared,
      ...(ok ? {} : { problem: differences.join('; ') }),
    })),
    await checkTape(exchange, symbol, source),
  ];
  const { lastPrice } = await markets.get(symbol);
  const depth = await exchange.orderBooks.depth({ symbol, levels: 1 }, { fresh: true });
  const fees = await exchange.balances.get({ accountId: 'fees', asset: quote });
  const holding = await Array.fromAsync(accounts.list());
  return reportOf({
    input: {
      source: source.name,
      symbol,
      prints: survey.prints,
      from: survey.firstAt,
      to: survey.lastAt,
      lastPrice: lastPrice ?? '-',
      bestBid: depth.bids[0]?.price ?? '-',
      bestAsk: depth.asks[0]?.price ?? '-',
      feesEarned: `${fees.total} ${quote}`,
    },
    counts: {
      accounts: holding.length,
      orders,
      trades,
      cancels,
      refused,
      openOrders: (await Array.fromAsync(exchange.orders.listOpen({ symbol, limit: 1000 }))).length,
      bookSequence: depth.sequence,
    },
    rates: {
      seconds,
      printsPerSecond: perSecond,
      ordersPerSecond: orders / seconds,
      tradesPerSecond: trades / seconds,
    },
    invariants,
    servers: {
      postgres: `${servers.postgres.version}, ${servers.postgres.origin}`,
      redis: `${servers.redis.version}, ${servers.redis.origin}`,
    },
  });
}

async function* chunksOf(steps: AsyncIterable<Step>, size: number): AsyncGenerator<Step[]> {
  let chunk: Step[] = [];
  for await (const step of steps) {
    chunk.push(step);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** Leaves the servers up until Ctrl-C. */
async function keep(demo: DemoExchange, say: (line: string) => void): Promise<void> {
  const { hostname, port } = new URL(demo.servers.postgres.adminUrl);
  const file = resolve('.env');
  writeDotenv(file, demo.environment, { replace: true });
  say(`The servers stay up until Ctrl-C; ${file} says how to reach them. In a second terminal:
  pnpm exec tse status      the schema and its migrations
  pnpm verify               the invariants, again
  psql -h ${hostname} -p ${port} -U exchange_adapter postgres      with EXCHANGE_POSTGRES_PASSWORD of .env`);
  const waiting = setInterval(() => {}, 60_000); // what else is open does not keep the process
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  clearInterval(waiting);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
