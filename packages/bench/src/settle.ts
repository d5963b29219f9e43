import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Match } from '@tse/exchange';
import { fetchTools } from '@tse/testkit/servers';
import { settleByKysely } from './settle-by-kysely.ts';
import { type Contender, type Rounds, type Row, type Sample, callers, compare, interleave } from './measure.ts';
import type { Stage } from './stage.ts';

const execute = promisify(execFile);

const MARKETS = 64;
const PAIRS = 512;
const PRICE = '100';
const QUANTITY = '0.001';

/** `settle_matches` as pgbench calls it: one match, of a pair of orders that are large enough never to be filled. */
const pgbenchScript = (kind: 'spread' | 'hot') => `\\set k random(0, ${PAIRS - 1})
\\set s :k % ${MARKETS}
\\set r random(1, 1000000000000000)
select * from settle_matches(array['b' || :client_id::text || '-' || :r::text], array['B' || :s::text || '-USD'], array['${kind}-maker-' || :k::text],
  array['${kind}-taker-' || :k::text], array[${PRICE}::numeric], array[${QUANTITY}::numeric], array[null::bigint], 'exchange', array[now()],
  array['e' || :client_id::text || '-' || :r::text], array[row('t', 's', 'c', null, null, null, null, null, null)::write_context]);
`;

let made = 0;
export const nextMatch = (kind: 'spread' | 'hot'): Match => {
  const pair = Math.floor(Math.random() * PAIRS);
  made += 1;
  return {
    tradeId: `a-${process.pid}-${made}`,
    symbol: `B${pair % MARKETS}-USD`,
    makerOrderId: `${kind}-maker-${pair}`,
    takerOrderId: `${kind}-taker-${pair}`,
    price: PRICE,
    quantity: QUANTITY,
  };
};

/** Settling through the adapter with all layers and the relay on, against the same function by pgbench and the same work by Kysely. */
export async function settle(stage: Stage, rounds: Rounds): Promise<Row[]> {
  const { exchange, postgres } = stage;
  rounds.progress('accounts and orders');
  await prepareOrders(stage);
  const ours = (kind: 'spread' | 'hot', concurrency: number): Contender => ({
    name: `adapter, ${kind}, ${concurrency}`,
    run: (seconds) =>
      callers(concurrency, seconds, async () => {
        const [outcome] = await exchange.matches.settle([nextMatch(kind)]);
        if (!outcome?.ok) throw outcome?.error ?? new Error('no outcome');
      }),
  });
  const { pgbench } = await fetchTools();
  const kysely = settleByKysely(postgres);
  const byKysely: Contender = {
    name: 'Kysely transaction, 1',
    run: (seconds) => callers(1, seconds, () => kysely.settle(nextMatch('spread'))),
  };
  const folder = await mkdtemp(join(tmpdir(), 'tse-bench-'));
  try {
    const peer = (kind: 'spread' | 'hot', concurrency: number): Contender => ({
      name: `pgbench, ${kind}, ${concurrency}`,
      run: (seconds) => runPgbench(pgbench!, folder, postgres, pgbenchScript(kind), concurrency, seconds),
    });
    const alone = await interleave([ours('spread', 1), byKysely, ...(pgbench ? [peer('spread', 1)] : [])], rounds);
    const rows = [
      compare(alone, {
        bench: 'settle, 1 caller',
        ours: 'adapter, spread, 1',
        peer: 'Kysely transaction, 1',
        target: 3,
      }),
    ];
    if (!pgbench)
      return [
        ...rows,
        {
          bench: 'settle',
          peer: 'pgbench',
          ratio: Number.NaN,
          min: Number.NaN,
          max: Number.NaN,
          target: 0,
          bound: 'at-least',
          met: false,
          note: 'pgbench could not be had',
        },
      ];
    const spread = await interleave([ours('spread', 32), peer('spread', 32)], rounds);
    const hot = await interleave([ours('hot', 32), peer('hot', 32)], rounds);
    return [
      compare(alone, {
        bench: 'settle, 1 caller',
        ours: 'adapter, spread, 1',
        peer: 'pgbench, spread, 1',
        target: 0.75,
      }),
      ...rows,
      compare(spread, {
        bench: 'settle, 32 callers, spread',
        ours: 'adapter, spread, 32',
        peer: 'pgbench, spread, 32',
        target: 1.4,
      }),
      compare(hot, {
        bench: 'settle, 32 callers, one hot account',
        ours: 'adapter, hot, 32',
        peer: 'pgbench, hot, 32',
        target: 4,
      }),
      compare(hot, {
        bench: 'settle, 32 callers, one hot account',
        ours: 'adapter, hot, 32',
        peer: 'pgbench, hot, 32',
        target: 1 / 3,
        of: 'p99',
      }),
    ];
  } finally {
    await kysely.close();
    await rm(folder, { recursive: true });
  }
}

/** Markets, accounts and orders that are never filled; the same again changes nothing. */
export async function prepareOrders({ exchange }: Stage): Promise<void> {
  const { markets, accounts, ledger, orders } = exchange;
  await markets.registerAsset({ asset: 'USD', scale: 10 });
  await markets.defineFees({ version: 2, tiers: [{ tier: 'standard', maker: '0.001', taker: '0.002' }] });
  // Few at once: on a busy machine more would wait too long for a connection.
  const each = async (count: number, work: (i: number) => Promise<unknown>) => {
    for (let from = 0; from < count; from += 16)
      await Promise.all(Array.from({ length: Math.min(16, count - from) }, (_, i) => work(from + i)));
  };
  await each(MARKETS, async (i) => {
    await markets.registerAsset({ asset: `B${i}`, scale: 8 });
    await markets.open({ symbol: `B${i}-USD`, tickSize: '0.01', lotSize: '0.00000001', feeVersion: 2 });
  });
  const fund = async (accountId: string, asset: string) => {
    await accounts.open({ accountId, ownerId: accountId });
    await ledger.deposit({ reference: `${accountId}-${asset}`, accountId, asset, amount: '1000000000' });
  };
  const order = { type: 'limit', price: PRICE, quantity: '100000' } as const;
  await fund('hot-buyer', 'USD');
  await ledger.deposit({ reference: 'more', accountId: 'hot-buyer', asset: 'USD', amount: '100000000000' });
  await each(PAIRS, async (i) => {
    const symbol = `B${i % MARKETS}-USD`;
    await fund(`seller-${i}`, `B${i % MARKETS}`);
    await fund(`buyer-${i}`, 'USD');
    for (const kind of ['spread', 'hot'] as const) {
      await orders.place({ ...order, orderId: `${kind}-maker-${i}`, accountId: `seller-${i}`, symbol, side: 'sell' });
      await orders.place({
        ...order,
        orderId: `${kind}-taker-${i}`,
        accountId: kind === 'hot' ? 'hot-buyer' : `buyer-${i}`,
        symbol,
        side: 'buy',
      });
    }
  });
}

/** A run of pgbench with prepared statements; times of single transactions from its log. */
async function runPgbench(
  program: string,
  folder: string,
  { host, port, database, user, password }: Stage['postgres'],
  script: string,
  clients: number,
  seconds: number,
): Promise<Sample> {
  const file = join(folder, 'settle.sql');
  const prefix = `log-${Math.random().toString(36).slice(2)}`;
  await writeFile(file, script);
  const login = [
    '-h',
    host,
    '-p',
    String(port),
    '-U',
    user,
    '-n',
    '-M',
    'prepared',
    '-f',
    file,
    '-c',
    String(clients),
    '-T',
    String(Math.max(1, Math.round(seconds))),
  ];
  const { stdout, stderr } = await execute(
    program,
    [...login, '-l', `--log-prefix=${join(folder, prefix)}`, database],
    {
      cwd: folder,
      // Its clients end where the adapter's callers would be told to come again.
      env: { ...process.env, PGPASSWORD: password, PGOPTIONS: '-c lock_timeout=0' },
      maxBuffer: 1 << 26,
    },
  );
  const perSecond = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
  if (!(perSecond > 0))
    throw new Error(`pgbench did nothing: ${stderr.split('\n').find((line) => line.includes('ERROR')) ?? stdout}`);
  const logs = (await readdir(folder)).filter((name) => name.startsWith(prefix));
  const times: number[] = [];
  for (const name of logs) {
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n'))
      if (line) times.push(Number(line.split(' ')[2]) / 1000);
    await rm(join(folder, name));
  }
  times.sort((a, b) => a - b);
  return { done: perSecond, seconds: 1, p99: times[Math.floor(times.length * 0.99)]! };
}
