import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, cp, glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseEnv, promisify } from 'node:util';
import { type AdapterOptions, defaultLogger } from '@tse/core';
import { migrate, provision, status } from '@tse/core/admin';
import { definition as custodian } from '@tse/custodian';
import { type ExchangeAdapter, createExchangeAdapter } from '@tse/exchange';
import { migrationsDirectory } from '@tse/migrations';
import { stackEnvironment, startPostgres, startRedis } from '@tse/testkit/servers';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

/*
 * The commands of the runbook as they stand on the page, one section a test and in its order, on servers of their own. `pg_dump` must not
 * be older than its server, and the embedded one comes without: where this machine has a PostgreSQL of its own, that one is the server.
 */
const own = (await Array.fromAsync(glob('/usr/lib/postgresql/{15,16,17,18}/bin'))).toSorted().at(-1);
const bin = process.env['TSE_POSTGRES_BIN'] ?? own;
const env: NodeJS.ProcessEnv = {
  ...process.env,
  INFRA: 'embedded',
  ...(bin !== undefined && { TSE_POSTGRES_BIN: bin }),
};
const quiet = { purpose: 'test', durable: true, log: () => {}, env } as const;
const canDump = bin !== undefined;

const page = await readFile(new URL('../../cli/RUNBOOK.md', import.meta.url), 'utf8');
const [opening, ...sections] = page.split('\n## ').map((text) => {
  const [title, ...rest] = text.split('\n');
  const commands = [...rest.join('\n').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, lines]) => lines!);
  return { title: title!, commands };
});

const everything = new AsyncDisposableStack();
const done = new Set<string>();
const servers = { postgres: '', redis: '' };
let folder: string;
let exchange: ExchangeAdapter;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tse-runbook-'));
  everything.defer(() => rm(folder, { recursive: true, force: true }));
  const [postgres, redis] = await Promise.all([startPostgres(quiet), startRedis(quiet)]);
  everything.use(postgres);
  everything.use(redis);
  Object.assign(servers, { postgres: postgres.adminUrl, redis: redis.adminUrl });

  const tse = join(folder, 'tse');
  const program = fileURLToPath(new URL('../../cli/bin/tse.js', import.meta.url));
  await writeFile(tse, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  await chmod(tse, 0o755);
  const { EXCHANGE_POSTGRES_PASSWORD, EXCHANGE_REDIS_PASSWORD, ...variables } = stackEnvironment({
    adapters: ['MARKET_DATA', 'EXCHANGE', 'CUSTODIAN', 'RISK', 'TRADING', 'TEST_COORDINATOR', 'AUDIT'],
    postgresPort: postgres.port,
    redisPort: redis.port,
    postgresPassword: new URL(postgres.adminUrl).password,
    redisPassword: new URL(redis.adminUrl).password,
  });
  await writeFile(passwordFile('postgres'), `${EXCHANGE_POSTGRES_PASSWORD}\n`);
  await writeFile(passwordFile('redis'), `${EXCHANGE_REDIS_PASSWORD}\n`);
  const files = {
    EXCHANGE_POSTGRES_PASSWORD_FILE: passwordFile('postgres'),
    EXCHANGE_REDIS_PASSWORD_FILE: passwordFile('redis'),
  };
  const lines = Object.entries({ ...variables, ...files }).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, '.env'), lines.join(''));
});
afterAll(() => everything.disposeAsync());

const passwordFile = (store: 'postgres' | 'redis') => join(folder, `exchange-${store}-password`);
const passwordOf = (store: 'postgres' | 'redis') => readFileSync(passwordFile(store), 'utf8').trim();
const withoutLogin = (url: string) => url.replace(/\/\/.*@/, '//');

/** A service of the adapter with all its workers, at the PostgreSQL that is named. */
async function open(at = servers.postgres, options: Partial<AdapterOptions> = {}): Promise<ExchangeAdapter> {
  const adapter = createExchangeAdapter({
    postgres: { url: withoutLogin(at), password: () => passwordOf('postgres') },
    redis: { url: withoutLogin(servers.redis), password: () => passwordOf('redis') },
    logger: defaultLogger('silent'),
    ...options,
  });
  await adapter.ready({ signal: AbortSignal.timeout(60_000) });
  return adapter;
}

const shell = (script: string, more: NodeJS.ProcessEnv = {}) =>
  promisify(execFile)('bash', ['--norc', '--noprofile', '-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: {
      ...process.env,
      ...more,
      PATH: [folder, ...(bin === undefined ? [] : [bin]), process.env['PATH']].join(delimiter),
    },
  }).catch((error: Error & { stdout: string; stderr: string }) => {
    throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
  });

/** Runs what the page says under this heading, and answers what was printed. */
async function follow(title: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const { commands } = sections.find((each) => each.title === title)!;
  done.add(title);
  return (await shell([...opening!.commands, ...commands].join('\n'), more)).stdout;
}

async function sql<T extends object>(url: string, text: string): Promise<T[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

async function redis<T>(use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(servers.redis, { lazyConnect: true });
  await client.connect();
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

const deposit = (reference: string, to = exchange) =>
  to.ledger.deposit({ reference, accountId: 'alice', asset: 'USD', amount: '1' });
const target = () => ({ admin: { postgresUrl: servers.postgres, redisUrl: servers.redis } });

test('Migrate', async () => {
  const printed = await follow('Migrate');
  expect(printed).toContain('CREATE ROLE "exchange_owner"');
  await shell(`${opening!.commands.join('\n')}\ntse seed`);
});

test('Status', async () => {
  const printed = await follow('Status');
  expect(printed.match(/^\w+ +current /gm)).toHaveLength(7);
  expect(printed).toMatch(/^ok +exchange redis login /m);
});

test('Verify', async () => {
  const printed = await follow('Verify');
  expect(printed).toMatch(/^ok +exchange ledger +[\d,]+ compared/m);
  expect(printed).toMatch(/identities hold/);
});

test('Rebuild Redis', async () => {
  exchange = everything.use(await open());
  await exchange.orders.place({
    accountId: 'alice',
    symbol: 'BTC-USD',
    side: 'buy',
    type: 'limit',
    price: '100',
    quantity: '1',
    clientOrderId: 'working',
  });
  const bids = [{ price: '100', quantity: '1' }];
  const isRebuilt = () => expect.poll(() => depth(), { timeout: 60_000 }).toMatchObject({ bids });
  await isRebuilt();
  // Emptied, and its users gone: a new server.
  await redis(async (client) => {
    await client.call('ACL', 'DELUSER', 'exchange_adapter');
    await client.flushall();
  });
  const printed = await follow('Rebuild Redis');
  expect(printed).toContain('Redis is rebuilt');
  await isRebuilt();
  expect(await redis((client) => client.exists('exchange:order-book:{BTC-USD}:head'))).toBe(1);
});

/** What is shown of the book; nothing while Redis is not to be believed. */
const depth = () => exchange.orderBooks.depth({ symbol: 'BTC-USD' }).catch((error: unknown) => error);

test('Rotate credentials', async () => {
  const before = { postgres: passwordOf('postgres'), redis: passwordOf('redis') };
  await follow('Rotate credentials');
  expect(passwordOf('postgres')).not.toBe(before.postgres);
  expect(passwordOf('redis')).not.toBe(before.redis);
  const old = new URL(withoutLogin(servers.postgres));
  Object.assign(old, { username: 'exchange_adapter', password: before.postgres });
  await expect(sql(old.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  await expect(redis((client) => client.call('AUTH', 'exchange_adapter', before.redis))).rejects.toThrow('WRONGPASS');
  // The process that ran all the time connects anew, with what the files say now.
  await sql(
    servers.postgres,
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'exchange_adapter'",
  );
  await redis((client) => client.call('CLIENT', 'KILL', 'USER', 'exchange_adapter'));
  await expect
    .poll(
      () =>
        deposit('rotated').then(
          ({ reference }) => reference,
          () => '',
        ),
      { timeout: 60_000 },
    )
    .toBe('rotated');
  await expect
    .poll(() => exchange.health(), { timeout: 60_000 })
    .toMatchObject({
      postgres: { state: 'up' },
      redis: { state: 'up' },
    });
});

test('Add an instance', async () => {
  const printed = await follow('Add an instance');
  expect(printed).toMatch(/^exchange_okx +current /m);
  const variables = parseEnv(await readFile(join(folder, '.env'), 'utf8'));
  await using okx = await open(servers.postgres, {
    instance: 'okx',
    postgres: { url: withoutLogin(servers.postgres), password: variables['EXCHANGE_OKX_POSTGRES_PASSWORD']! },
    redis: { url: withoutLogin(servers.redis), password: variables['EXCHANGE_OKX_REDIS_PASSWORD']! },
  });
  expect((await okx.markets.list({})).items).toEqual([]);
  await okx.markets.registerAsset({ asset: 'BTC', scale: 8 });
});

test('Upgrade', async () => {
  // The custodian as an older release left it.
  const older = join(folder, 'older');
  await cp(fileURLToPath(migrationsDirectory), older, { recursive: true });
  const [newest] = (await Array.fromAsync(glob(join(older, 'custodian/*.sql')))).toSorted().reverse();
  await rm(newest!);
  const then = { ...custodian, migrations: pathToFileURL(`${older}/`), minSchema: '' };
  await sql(servers.postgres, 'drop schema custodian cascade');
  const passwords = { postgres: randomBytes(16).toString('hex'), redis: randomBytes(16).toString('hex') };
  await provision(then, { ...target(), passwords });
  await migrate(then, target());
  const now = { ...custodian, migrations: migrationsDirectory };
  expect(await status(now, target())).toMatchObject({
    state: 'pending',
    pending: [expect.stringContaining('custodian/')],
  });

  expect(await follow('Upgrade')).toMatch(/^custodian +current /m);
  expect(await status(now, target())).toMatchObject({ state: 'current', pending: [] });
});

test.runIf(canDump)('Back up, Restore', async () => {
  await deposit('before-the-backup');
  // What is not numbered yet in the backup is published again, under another number.
  await expect.poll(lastEvent, { timeout: 60_000 }).toMatchObject({ payload: { reference: 'before-the-backup' } });
  await follow('Back up');
  await deposit('after-the-backup');
  await expect.poll(lastEvent, { timeout: 60_000 }).toMatchObject({ payload: { reference: 'after-the-backup' } });
  const { publishSeq } = await lastEvent();
  await exchange.close();

  const printed = await follow('Restore');
  expect(printed).toContain(`the next event gets the number ${publishSeq + 1}`);
  exchange = everything.use(await open());
  expect(await exchange.ledger.find('deposit:before-the-backup')).toBeDefined();
  expect(await exchange.ledger.find('deposit:after-the-backup')).toBeUndefined();
  await expect.poll(() => depth(), { timeout: 60_000 }).toMatchObject({ bids: [{ price: '100', quantity: '1' }] });
  await deposit('after-the-restore');
  await expect
    .poll(lastEvent, { timeout: 60_000 })
    .toMatchObject({ publishSeq: publishSeq + 1, payload: { reference: 'after-the-restore' } });
  // Rights are what they were: what is append-only cannot be changed by the adapter's role.
  await expect(asExchange('delete from entries')).rejects.toMatchObject({ code: '42501' });
});

test.runIf(canDump)('Move an adapter to a server of its own', async () => {
  await exchange.close();
  const other = everything.use(await startPostgres(quiet));
  const OLD_POSTGRES_URL = servers.postgres;
  await follow('Move an adapter to a server of its own', {
    OLD_POSTGRES_URL,
    NEW_POSTGRES_URL: other.adminUrl,
    EXCHANGE_POSTGRES_URL: withoutLogin(other.adminUrl),
  });
  exchange = everything.use(await open(other.adminUrl));
  expect(await exchange.ledger.find('deposit:after-the-restore')).toBeDefined();
  await deposit('on-its-own-server');
  await expect.poll(() => depth(), { timeout: 60_000 }).toMatchObject({ bids: [{ price: '100', quantity: '1' }] });
  expect(await sql(OLD_POSTGRES_URL, "select nspname from pg_namespace where nspname = 'exchange'")).toEqual([]);
  expect(await exchange.health()).toMatchObject({ postgres: { state: 'up' }, redis: { state: 'up' } });
});

test('no section of the page was left out', () => {
  const withCommands = sections.filter(({ commands }) => commands.length > 0).map(({ title }) => title);
  const needsDump = new Set(['Back up', 'Restore', 'Move an adapter to a server of its own']);
  expect([...done].toSorted()).toEqual(withCommands.filter((title) => canDump || !needsDump.has(title)).toSorted());
});

interface WrittenEvent {
  readonly publishSeq: number;
  readonly payload: { readonly reference?: string };
}

/** The last event that was numbered, as its adapter's own schema has it. */
const lastEvent = async (): Promise<WrittenEvent> =>
  (
    await sql<WrittenEvent>(
      servers.postgres,
      `select publish_seq::integer as "publishSeq", payload from exchange.facts_events
       where publish_seq is not null order by publish_seq desc limit 1`,
    )
  )[0]!;

const asExchange = (text: string) => {
  const url = new URL(withoutLogin(servers.postgres));
  Object.assign(url, { username: 'exchange_adapter', password: passwordOf('postgres') });
  return sql(url.href, text);
};
