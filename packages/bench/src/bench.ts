import { parseArgs } from 'node:util';
import { candleGrowth } from './candle-growth.ts';
import { auditChains } from './audit-chains.ts';
import { audit } from './audit.ts';
import { custody } from './custodian.ts';
import { layers } from './layers.ts';
import { load, sourceOf } from './load.ts';
import { linesOf } from './load/report.ts';
import { marketData } from './market-data.ts';
import type { Row, Rounds } from './measure.ts';
import { orderBook } from './order-book.ts';
import { pointRead } from './point-read.ts';
import { risk } from './risk.ts';
import { settle } from './settle.ts';
import { openStage } from './stage.ts';
import { trading } from './trading.ts';

const HELP = `pnpm bench [NAME…] [--json] [--rounds N] [--seconds S]
pnpm bench load [--trades FILE [--symbol PAIR]] [--minutes N] [--stages N] [--from RATE] [--json]

Ratios to named peers, measured in interleaved rounds on real servers of its own, after a warm-up. Rates say nothing on their own:
machines differ and are shared.

  read      accounts.find against pg and Kysely, alone and coalesced
  layers    CPU of parse, context, span, timer and metrics
  settle    matches.settle against pgbench with the same function, and a Kysely transaction
  custody   processSettlement against the exchange's settle, by rows written; reconciliation against one full join
  book      order-book adds and depth against the same Lua scripts by bare clients
  market    candles written and read, and live ticks, against psql, Kysely, drizzle, typeorm, pg, postgres.js and redis-benchmark
  trading   fills.apply against pg with the same function, and the metrics of a long backtest against plain loops
  audit     events into the trail, hashed, against server-side COPY and Kysely VALUES; its verification against sha256 alone
  chains    a causal chain looked up among five million events and among a fifth of them; takes minutes, only where it is named
  risk      pre-trade checks and mark-to-market against the same functions by pgbench and psql

  growth    what a candle costs among 50 million, against 1 million; takes long, so only where it is named
  --rounds N    rounds that count (5)
  --seconds S   length of each contender's turn (5)
  --millions N  of candles, for growth (50), or of events, for chains (5)
  --json        one object on stdout; progress goes to stderr

  load      all seven adapters at once in one process, in an open loop, under the arrival times of recorded trades at rising multiples:
            latency of each port from when its call was due, lag of relays, trail and inboxes, memory, and the knee
  --trades FILE  an exchange's bulk file of aggregate trades; else the daily S&P 500, four prints a day
  --symbol PAIR  the pair of that file, where its name does not begin with it
  --minutes N    of load, over all stages (10)
  --stages N     of equal length (8): each doubles the multiple until one does not hold, the rest close in on the knee
  --from RATE    prints a second on average with which it begins (8)`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    millions: { type: 'string' },
    trades: { type: 'string' },
    symbol: { type: 'string' },
    minutes: { type: 'string', default: '10' },
    stages: { type: 'string', default: '8' },
    from: { type: 'string', default: '8' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const names = ['read', 'layers', 'settle', 'book', 'market', 'growth', 'audit', 'chains', 'custody', 'risk', 'trading'];
const isLoad = positionals.includes('load');
const unknown = isLoad
  ? positionals.find((name) => name !== 'load')
  : positionals.find((name) => !names.includes(name));
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
const [minutes, stages, from] = [Number(values.minutes), Number(values.stages), Number(values.from)];
const millionsOr = (otherwise: number) => Number(values.millions ?? otherwise);
if (values.help) console.log(HELP);
else if (
  unknown !== undefined ||
  !(rounds >= 1) ||
  !(seconds > 0) ||
  !(minutes > 0) ||
  !(stages >= 1) ||
  !(from > 0) ||
  !(millionsOr(50) > (positionals.includes('growth') ? 1 : 0))
) {
  console.error(
    unknown === undefined
      ? 'expected numbers above zero'
      : `no bench is called ${unknown}; there are ${names.join(', ')}`,
  );
  process.exitCode = 2;
} else if (isLoad) await underLoad();
else await main();

function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
}

async function underLoad(): Promise<void> {
  const source = sourceOf(values.trades, values.symbol);
  const report = await load({ source, minutes, stages: Math.floor(stages), from, progress });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
  console.log(values.json ? JSON.stringify(report) : linesOf(report).join('\n'));
  if (report.invariants.some(({ ok }) => !ok)) process.exitCode = 1;
}

async function main(): Promise<void> {
  const how: Rounds = { rounds, seconds, progress };
  const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);
  const rows: Row[] = [];
  const take = (measured: Row[]) => {
    rows.push(...measured);
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
    if (!values.json) measured.forEach(print);
  };
  if (wanted('layers')) take(await layers(how));
  if (['read', 'settle', 'custody', 'book'].some(wanted)) {
    await using stage = await openStage(progress);
    if (wanted('read')) take(await pointRead(stage, how));
    if (wanted('settle')) take(await settle(stage, how));
    if (wanted('custody')) take(await custody(stage, how));
    if (wanted('book')) take(await orderBook(stage, how));
  }
  if (wanted('market')) for await (const measured of marketData(how)) take(measured);
  if (wanted('trading')) take(await trading(how));
  if (positionals.includes('growth')) take(await candleGrowth(millionsOr(50), how));
  if (wanted('audit')) take(await audit(how));
  if (positionals.includes('chains')) take(await auditChains(millionsOr(5), how));
  if (wanted('risk')) take(await risk(how));
  if (values.json) console.log(JSON.stringify({ rounds, seconds, rows }));
}

function print({ bench, peer, ratio, min, max, target, bound, met, unit, note }: Row): void {
  const number = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : '-');
  const against = unit === 'µs CPU' ? unit : `x ${peer}${unit ? `, ${unit}` : ''}`;
  console.log(
    `${met ? 'met   ' : 'missed'} ${bench.padEnd(38)} ${number(ratio).padStart(6)} ${against} (${number(min)} to ${number(max)}; ${bound === 'at-least' ? '≥' : '≤'} ${number(target)})`,
  );
  if (note !== undefined) console.log(`         ${note}`);
}
