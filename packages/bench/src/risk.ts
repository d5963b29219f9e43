import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RiskAdapter, createRiskAdapter } from '@tse/risk';
import { fetchTools } from '@tse/testkit/servers';
import { type Contender, type Rounds, type Row, callers, compare, interleave, skipped } from './measure.ts';
import { runPgbench } from './settle.ts';
import { type StageOf, openStageOf } from './stage.ts';

const execute = promisify(execFile);

type RiskStage = StageOf<RiskAdapter>;

const ACCOUNTS = 128;
const SYMBOL = 'BTC-USD';
const HOLDERS = 1000;
const SYMBOLS = 10;

/** `check_orders` as pgbench calls it: one order of one of the accounts, each under four limits that it keeps. */
const checkScript = `\\set k random(0, ${ACCOUNTS - 1})
\\set r random(1, 1000000000000000)
select * from check_orders(array['c' || :client_id::text || '-' || :r::text], array['o' || :client_id::text || '-' || :r::text], array[1],
  array['account-' || :k::text], array[null::text], array['exchange'], array['${SYMBOL}'], array['buy'], array[0.001::numeric], array[100::numeric],
  array[now() + interval '30 seconds'], array['h'], array[now()], array['e' || :client_id::text || '-' || :r::text],
  array[row('t', 's', 'c', null, null, null, null, null, null)::write_context]);
`;

/** Pre-trade checks and valuation through the adapter with all layers and workers on, against the same functions by PostgreSQL's own clients. */
export async function risk(rounds: Rounds): Promise<Row[]> {
  await using stage = await openStageOf(createRiskAdapter, rounds.progress);
  const { pgbench, psql } = await fetchTools();
  const folder = await mkdtemp(join(tmpdir(), 'tse-bench-'));
  try {
    return [...(await checks(stage, pgbench, folder, rounds)), ...(await valuation(stage, psql, folder, rounds))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function checks(
  { adapter, postgres }: RiskStage,
  pgbench: string | undefined,
  folder: string,
  rounds: Rounds,
): Promise<Row[]> {
  if (!pgbench) return [skipped('pre-trade check', 'there is no pgbench on this machine')];
  rounds.progress('limits');
  await adapter.marks.record({ symbol: SYMBOL, price: '100', sequence: 1, at: new Date() });
  const limit = (i: number) => {
    const scope = { account: `account-${i}` };
    const maxPriceAge = 'P30D';
    return Promise.all([
      adapter.limits.define({ metric: 'position', scope, hard: '1000000000' }),
      adapter.limits.define({ metric: 'order-value', scope, hard: '1000000', maxPriceAge }),
      adapter.limits.define({ metric: 'price-deviation', scope, hard: '0.5', maxPriceAge }),
      adapter.limits.define({ metric: 'order-rate', scope, hard: '1000000000', window: 'PT1S' }),
    ]);
  };
  for (let i = 0; i < ACCOUNTS; i += 1) await limit(i);
  let asked = 0;
  const ours = (concurrency: number): Contender => ({
    name: `adapter, ${concurrency}`,
    run: (seconds) =>
      callers(concurrency, seconds, async () => {
        asked += 1;
        const decision = await adapter.checks.check({
          orderId: `a-${process.pid}-${asked}`,
          account: `account-${Math.floor(Math.random() * ACCOUNTS)}`,
          symbol: SYMBOL,
          side: 'buy',
          quantity: '0.001',
          price: '100',
        });
        if (decision.code !== 'allowed') throw new Error(`an order of the bench was refused: ${decision.code}`);
      }),
  });
  const peer = (concurrency: number): Contender => ({
    name: `pgbench, ${concurrency}`,
    // Each of its sessions plans the function first: a short turn would be of that alone.
    run: (seconds) => runPgbench(pgbench, folder, postgres, checkScript, concurrency, Math.max(4, seconds)),
  });
  const alone = await interleave([ours(1), peer(1)], rounds);
  const many = await interleave([ours(32), peer(32)], rounds);
  return [
    compare(alone, { bench: 'pre-trade check, 1 caller', ours: 'adapter, 1', peer: 'pgbench, 1', target: 0.75 }),
    compare(many, { bench: 'pre-trade check, 32 callers', ours: 'adapter, 32', peer: 'pgbench, 32', target: 1.3 }),
  ];
}

async function valuation(
  { adapter, postgres }: RiskStage,
  psql: string | undefined,
  folder: string,
  rounds: Rounds,
): Promise<Row[]> {
  if (!psql) return [skipped('mark-to-market', 'there is no psql on this machine')];
  rounds.progress('positions');
  const symbols = Array.from({ length: SYMBOLS }, (_, i) => `B${i}-USD`);
  const at = new Date();
  for (const symbol of symbols) await adapter.marks.record({ symbol, price: '110', sequence: 1, at });
  for (let i = 0; i < HOLDERS; i += 50) {
    const fills = Array.from({ length: 50 }, (_, n) => i + n).flatMap((holder) =>
      symbols.map((symbol) => ({
        fillId: `${symbol}/${holder}`,
        account: `holder-${holder}`,
        venue: 'exchange',
        sequence: holder + 1,
        symbol,
        side: 'buy' as const,
        quantity: '1.5',
        price: '100',
        at,
      })),
    );
    for (const outcome of await adapter.positions.applyFills(fills)) if (!outcome.ok) throw outcome.error;
  }
  const expected = HOLDERS * SYMBOLS;
  const ours: Contender = {
    name: 'adapter',
    run: (seconds) =>
      callers(1, seconds, async () => {
        const { positions } = await adapter.pnl.markToMarket();
        if (positions !== expected) throw new Error(`${positions} positions were valued, not ${expected}`);
      }),
  };
  const peer: Contender = { name: 'psql', run: (seconds) => runPsql(psql, folder, postgres, seconds) };
  const samples = await interleave([ours, peer], rounds);
  return [
    compare(samples, { bench: `mark-to-market, ${expected} positions`, ours: 'adapter', peer: 'psql', target: 0.7 }),
  ];
}

const AT_ONCE = 5;

/** The same statement by psql, again and again; times are its own, so that its start does not count. */
async function runPsql(
  program: string,
  folder: string,
  { host, port, database, user, password }: RiskStage['postgres'],
  seconds: number,
) {
  const file = join(folder, 'value.sql');
  const statement = `select * from mark_to_market(null, 'USD', 'UTC', 60000, clock_timestamp());\n`;
  await writeFile(file, `\\timing on\n${statement.repeat(AT_ONCE)}`);
  const ends = performance.now() + seconds * 1000;
  let done = 0;
  let milliseconds = 0;
  while (performance.now() < ends) {
    const login = [
      '-X',
      '-q',
      '-h',
      host,
      '-p',
      String(port),
      '-U',
      user,
      '-v',
      'ON_ERROR_STOP=1',
      '-f',
      file,
      database,
    ];
    const { stdout } = await execute(program, login, { env: { ...process.env, PGPASSWORD: password } });
    for (const [, time] of stdout.matchAll(/^Time: ([\d.]+) ms/gm)) {
      done += 1;
      milliseconds += Number(time);
    }
  }
  return { done, seconds: milliseconds / 1000 };
}
