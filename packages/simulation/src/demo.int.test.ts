import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { createExchangeAdapter } from '@tse/exchange';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import type { Report } from './report.ts';

const demo = fileURLToPath(new URL('demo.ts', import.meta.url));
const servers = inject('servers');
const given = { TSE_TEST_POSTGRES_URL: servers.postgres, TSE_TEST_REDIS_URL: servers.redis };
const none = { TSE_TEST_POSTGRES_URL: '', TSE_TEST_REDIS_URL: '' };

vi.setConfig({ testTimeout: 300_000 }); // each test is a run of the whole demo, some with servers of their own

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tse-demo-'));
  file = join(folder, 'XRPETH-aggTrades-sample.csv');
  await writeFile(file, `${trades.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

/** Trades of a bulk file, several in one millisecond and at one price. */
const trades = Array.from({ length: 150 }, (_, i) => {
  const price = (0.00141 + (((i >> 2) * 7919) % 23) / 1e6).toFixed(8);
  return `${1000 + i},${price},${1 + ((i * 31) % 400)},${i},${i},${1570752011620 + (i >> 1) * 40},${i % 3 === 0 ? 'True' : 'False'}`;
});

/** Starts the demo, as a shell would. */
function start(args: readonly string[], env: Record<string, string> = given) {
  const child = spawn(process.execPath, ['--conditions=@tse/source', demo, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (chunk: string) => (said[stream] += chunk));
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { said, code, interrupt: () => child.kill('SIGINT') };
}
async function run(args: readonly string[], env?: Record<string, string>) {
  const { said, code } = start(args, env);
  return { code: await code, ...said };
}

/** What a demo has on servers that are not its own. */
async function presentOnServers(): Promise<string[]> {
  const postgres = new pg.Client(servers.postgres);
  await postgres.connect();
  const { rows } = await postgres.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname ~ '_demo_[0-9a-f]{8}'
     union all select rolname from pg_roles where rolname ~ '_demo_[0-9a-f]{8}'`,
  );
  await postgres.end();
  const redis = new Redis(servers.redis);
  const users = await redis.acl('USERS');
  const keys = await redis.keys('*:demo-*');
  redis.disconnect();
  return [...rows.map(({ name }) => name), ...users.filter((user) => user.includes('_demo_')), ...keys];
}

test('a bulk file runs through, twice to the same end: every trade is one of the exchange, every invariant compared something', async () => {
  const [first, second] = await Promise.all([
    run(['--trades', file, '--json']),
    run(['--trades', file, '--json', '--no-report']),
  ]);
  const { rates, ...report } = JSON.parse(first.stdout) as Report;
  const sameOf = ({ input, counts, holdings, ok }: Omit<Report, 'rates'>) => ({ input, counts, holdings, ok });
  expect(report).toMatchObject({
    ok: true,
    input: { symbol: 'XRP-ETH', prints: 150 },
    counts: { prints: 150, trades: 150, accounts: 12 },
    services: { 'Market data': { trades: 150, ticks: 150 } },
  });
  expect(report.holdings.accounts.map(({ accountId }) => accountId)).toContain('alice');
  const names = report.invariants.map(({ name }) => name);
  for (const name of [
    'exchange: ledger',
    'exchange: book',
    'prints',
    'tape',
    'custodian: custody',
    'risk: positions',
    'risk: permission',
  ])
    expect(names).toContain(name);
  for (const name of ['trail', 'coverage', 'blocks', 'custodian: approval']) expect(names).toContain(name);
  expect(report.chain[0]).toContain('trade.settled');
  for (const { ok, compared } of report.invariants) expect([ok, compared > 0]).toEqual([true, true]);
  for (const rate of Object.values(rates)) expect(rate).toBeGreaterThan(0);
  expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('Trading: 150 prints')]);
  expect(sameOf(JSON.parse(second.stdout) as Report)).toEqual(sameOf(report));
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  expect(page).toContain(`All ${report.invariants.length} invariants hold.`);
  for (const chart of ['price-XRP-ETH', 'depth-XRP-ETH', 'settlements'])
    expect(page).toContain(`data-chart="${chart}"`);
  expect(await presentOnServers()).toEqual([]);
});

test('a file, an option, a server that cannot be used is one sentence, and an exit code of its own', async () => {
  const broken = join(folder, 'XRPETH-aggTrades-broken.csv');
  await writeFile(broken, `${trades[0]}\n1001,0.0014,x,1,1,1570752011620,True\n`);
  const elsewhere = { ...given, TSE_TEST_POSTGRES_URL: 'postgres://postgres:hunter2@127.0.0.1:1/postgres' };
  const [file2, option, help, server] = await Promise.all([
    run(['--trades', broken, '--json', '--quiet']),
    run(['--nonsense']),
    run(['--help']),
    run(['--quiet'], elsewhere),
  ]);
  expect(file2).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^\S+broken\.csv, line 2: .*\n$/) });
  expect(option).toMatchObject({ code: 2, stdout: '' });
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--trades FILE') });
  expect(server).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^TSE_TEST_POSTGRES_URL names .*\n$/) });
  expect(server.stderr).not.toContain('hunter2');
});

test('Ctrl-C ends it at any time, and nothing stays behind', async () => {
  const { code, interrupt, said } = start(['--all', '--json']);
  await expect.poll(presentOnServers, { timeout: 240_000 }).not.toEqual([]);
  interrupt();
  expect(await code).toBe(130);
  expect(said.stdout).toBe('');
  expect(await presentOnServers()).toEqual([]);
});

test('kept servers are those that .env names, until Ctrl-C; then .env is what it was', async () => {
  const env = join(folder, '.env');
  await writeFile(env, '# mine\nPOSTGRES_URL=postgres://elsewhere:5432/postgres\nMINE=1\n');
  const before = readFileSync(env, 'utf8');
  const { code, interrupt, said } = start(['--trades', file, '--keep', '--quiet'], none);
  await expect.poll(() => said.stderr, { timeout: 240_000 }).toContain('stay up until Ctrl-C');
  expect(said.stdout).toMatch(/All \d+ invariants hold\./);
  expect(statSync(env).mode & 0o777).toBe(0o600);

  const { POSTGRES_URL, REDIS_URL, EXCHANGE_POSTGRES_PASSWORD, EXCHANGE_REDIS_PASSWORD, MINE } = parseEnv(
    readFileSync(env, 'utf8'),
  );
  expect(MINE).toBe('1');
  expect(said.stderr + said.stdout).not.toContain(EXCHANGE_POSTGRES_PASSWORD);
  {
    await using exchange = createExchangeAdapter({
      postgres: { url: POSTGRES_URL!, password: EXCHANGE_POSTGRES_PASSWORD! },
      redis: { url: REDIS_URL!, password: EXCHANGE_REDIS_PASSWORD! },
      workers: false,
    });
    expect((await exchange.markets.get('XRP-ETH')).lastTradeSequence).toBeGreaterThanOrEqual(150);
    expect((await exchange.orderBooks.depth({ symbol: 'XRP-ETH' })).bids.length).toBeGreaterThan(0);
  }
  interrupt();
  expect(await code).toBe(0);
  expect(readFileSync(env, 'utf8')).toBe(before);
  const refused = new Promise((resolve) => connect(Number(new URL(POSTGRES_URL!).port)).on('error', resolve));
  expect(await refused).toMatchObject({ code: 'ECONNREFUSED' });
});
