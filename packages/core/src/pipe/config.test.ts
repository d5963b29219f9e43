import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AdapterOptions, adapterConfig } from './config.ts';
import { InvalidInputError } from './errors.ts';
import { identify } from './identity.ts';

const exchange = { name: 'exchange', schema: 'exchange', prefix: 'exchange' };
const shared = { POSTGRES_URL: 'postgres://db.example/trading', REDIS_URL: 'redis://cache.example' };

const config = (env: Record<string, string> = shared, options: AdapterOptions = {}) =>
  adapterConfig(identify(exchange, options.instance), options, env);

function issues(env: Record<string, string>, options: AdapterOptions = {}): Record<string, string> {
  try {
    config(env, options);
  } catch (error) {
    if (error instanceof InvalidInputError)
      return Object.fromEntries(error.issues.map(({ path, message }) => [path, message]));
    throw error;
  }
  return {};
}

test('the shared addresses are enough: the user is the adapter`s role, and every default is there', () => {
  expect(config()).toMatchObject({
    postgres: {
      host: 'db.example',
      port: 5432,
      database: 'trading',
      user: 'exchange_adapter',
      password: undefined,
      tls: undefined,
      pool: 10,
      namedStatements: true,
      replica: undefined,
    },
    redis: {
      host: 'cache.example',
      port: 6379,
      database: 0,
      user: 'exchange_adapter',
      password: undefined,
      tls: undefined,
      cluster: false,
    },
    workers: true,
    readers: [],
    deadlineMs: 5000,
    logLevel: 'info',
  });
});

test('a login in the shared addresses is an administrator`s or somebody else`s: an adapter never takes it', () => {
  const { postgres, redis } = config({
    POSTGRES_URL: 'postgres://admin:secret@db/trading',
    REDIS_URL: 'redis://admin:secret@cache',
  });
  expect([postgres.user, postgres.password, redis.user, redis.password]).toEqual([
    'exchange_adapter',
    undefined,
    'exchange_adapter',
    undefined,
  ]);
});

test.each([
  [
    'its own address',
    { EXCHANGE_POSTGRES_URL: 'postgres://own:pw@own.example:6000/other' },
    { postgres: { host: 'own.example', port: 6000, database: 'other', user: 'own' } },
  ],
  ['its own user', { EXCHANGE_POSTGRES_USER: 'someone' }, { postgres: { user: 'someone' } }],
  [
    'its own Redis',
    { EXCHANGE_REDIS_URL: 'redis://own.example:7000/3' },
    { redis: { host: 'own.example', port: 7000, database: 3 } },
  ],
  ['a pool', { EXCHANGE_POSTGRES_POOL: '25' }, { postgres: { pool: 25 } }],
  ['no named statements', { EXCHANGE_POSTGRES_NAMED_STATEMENTS: 'false' }, { postgres: { namedStatements: false } }],
  ['a cluster', { EXCHANGE_REDIS_CLUSTER: '1' }, { redis: { cluster: true } }],
  ['no workers', { EXCHANGE_WORKERS: 'false' }, { workers: false }],
  ['only what does not fall due', { EXCHANGE_WORKERS: 'catch-up' }, { workers: 'catch-up' }],
  ['some workers', { EXCHANGE_WORKERS: 'relay, expire-holds' }, { workers: ['relay', 'expire-holds'] }],
  ['readers', { EXCHANGE_READERS: 'risk/fills,audit/trail' }, { readers: ['risk/fills', 'audit/trail'] }],
  ['a deadline', { EXCHANGE_DEADLINE_MS: '250' }, { deadlineMs: 250 }],
  [
    'a replica',
    { POSTGRES_REPLICA_URL: 'postgres://replica.example:5433' },
    { postgres: { replica: { host: 'replica.example', port: 5433, database: 'trading' } } },
  ],
  ['a log level', { LOG_LEVEL: 'warn' }, { logLevel: 'warn' }],
  ['TLS for Redis', { EXCHANGE_REDIS_URL: 'rediss://cache' }, { redis: { tls: {} } }],
  ['TLS for PostgreSQL', { EXCHANGE_POSTGRES_URL: 'postgres://db/x?sslmode=require' }, { postgres: { tls: {} } }],
  ['an authority', { POSTGRES_CA: 'PEM' }, { postgres: { tls: { ca: 'PEM' } } }],
  ['an IPv6 address', { EXCHANGE_POSTGRES_URL: 'postgres://[::1]:5433/x' }, { postgres: { host: '::1', port: 5433 } }],
] as const)('the environment sets %s', (_, env, expected) => {
  expect(config({ ...shared, ...env })).toMatchObject(expected);
});

test('an option wins over the adapter`s variable, that over the shared one; an empty variable is none', () => {
  const env = {
    ...shared,
    EXCHANGE_POSTGRES_URL: 'postgres://own/x',
    EXCHANGE_POSTGRES_POOL: '',
    EXCHANGE_DEADLINE_MS: '100',
  };
  expect(config(env, { postgres: { url: 'postgres://given/y' }, deadlineMs: 200 })).toMatchObject({
    postgres: { host: 'given', database: 'y', pool: 10 },
    deadlineMs: 200,
  });
});

test('an instance reads variables of its own name, not those of the default', () => {
  const env = { ...shared, EXCHANGE_POSTGRES_POOL: '11', EXCHANGE_OKX_EU_POSTGRES_POOL: '22' };
  expect(config(env, { instance: 'okx-eu' }).postgres).toMatchObject({ pool: 22, user: 'exchange_okx_eu_adapter' });
  expect(config(env).postgres.pool).toBe(11);
});

test.each([
  ['POSTGRES_URL', { REDIS_URL: 'redis://x' }, 'is not set (nor is EXCHANGE_POSTGRES_URL)'],
  ['REDIS_URL', { POSTGRES_URL: 'postgres://x/y' }, 'is not set (nor is EXCHANGE_REDIS_URL)'],
  ['EXCHANGE_POSTGRES_URL', { ...shared, EXCHANGE_POSTGRES_URL: 'mysql://x/y' }, 'expected a postgres:// URL'],
  ['EXCHANGE_REDIS_URL', { ...shared, EXCHANGE_REDIS_URL: 'cache:6379' }, 'expected a redis:// URL'],
  ['POSTGRES_URL', { ...shared, POSTGRES_URL: 'postgres://db.example' }, 'names no database'],
  ['EXCHANGE_POSTGRES_REPLICA_URL', { ...shared, POSTGRES_REPLICA_URL: 'nonsense' }, 'expected a postgres:// URL'],
  ['EXCHANGE_POSTGRES_POOL', { ...shared, EXCHANGE_POSTGRES_POOL: 'many' }, 'expected a whole number from 1 to 200'],
  ['EXCHANGE_POSTGRES_POOL', { ...shared, EXCHANGE_POSTGRES_POOL: '0' }, 'expected a whole number from 1 to 200'],
  ['EXCHANGE_POSTGRES_POOL', { ...shared, EXCHANGE_POSTGRES_POOL: '2.5' }, 'expected a whole number from 1 to 200'],
  ['EXCHANGE_DEADLINE_MS', { ...shared, EXCHANGE_DEADLINE_MS: '5s' }, 'expected a whole number from 1 to 600000'],
  ['EXCHANGE_REDIS_CLUSTER', { ...shared, EXCHANGE_REDIS_CLUSTER: 'yes' }, 'expected true or false'],
  ['REDIS_URL', { ...shared, REDIS_URL: 'redis://cache/main' }, 'expected the number of a database'],
  ['LOG_LEVEL', { ...shared, LOG_LEVEL: 'loud' }, expect.any(String)],
])('a malformed value names its variable: %s', (variable, env, message) => {
  expect(issues(env)).toEqual({ [variable]: message });
});

test.each([
  ['postgres.pool', { postgres: { pool: 0 } }],
  ['postgres.pool', { postgres: { pool: Number.NaN } }],
  ['postgres.url', { postgres: { url: 'nonsense' } }],
  ['deadlineMs', { deadlineMs: -1 }],
])('a malformed option is named: %s', (path, options: AdapterOptions) => {
  expect(Object.keys(issues(shared, options))).toEqual([path]);
});

test('all that is malformed is told at once', () => {
  expect(Object.keys(issues({ EXCHANGE_POSTGRES_POOL: 'x', LOG_LEVEL: 'x' })).toSorted()).toEqual(
    ['EXCHANGE_POSTGRES_POOL', 'LOG_LEVEL', 'POSTGRES_URL', 'REDIS_URL'].toSorted(),
  );
});

test('no message repeats a value: a URL holds a password', () => {
  const env = {
    POSTGRES_URL: 'postgre://u:hunter2@h/d',
    REDIS_URL: 'http://:hunter2@h',
    EXCHANGE_DEADLINE_MS: 'hunter2',
  };
  expect(JSON.stringify(issues(env))).not.toContain('hunter2');
});

test('a password comes from the option, the variable, the adapter`s own address, or a file, in this order', async () => {
  const url = { ...shared, EXCHANGE_POSTGRES_URL: 'postgres://u:from%40url@db/x' };
  const read = (env: Record<string, string>, options?: AdapterOptions) => config(env, options).postgres.password?.();
  expect(await read(url)).toBe('from@url');
  expect(await read({ ...url, EXCHANGE_POSTGRES_PASSWORD: 'variable' })).toBe('variable');
  expect(await read({ ...url, EXCHANGE_POSTGRES_PASSWORD: 'variable' }, { postgres: { password: 'option' } })).toBe(
    'option',
  );
});

test('a password in a file or from a function is read anew at each connect', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tse-config-'));
  const file = join(folder, 'password');
  await writeFile(file, 'first\n');
  const { postgres } = config({ ...shared, EXCHANGE_POSTGRES_PASSWORD_FILE: file });
  expect(await postgres.password!()).toBe('first');
  await writeFile(file, 'second');
  expect(await postgres.password!()).toBe('second');
  await rm(folder, { recursive: true });

  let turn = 0;
  const { redis } = config(shared, { redis: { password: async () => `turn ${(turn += 1)}` } });
  expect([await redis.password!(), await redis.password!()]).toEqual(['turn 1', 'turn 2']);
});

test('a configuration that is printed shows no password', () => {
  const env = { ...shared, EXCHANGE_POSTGRES_URL: 'postgres://u:hunter2@db/x', EXCHANGE_REDIS_PASSWORD: 'hunter2' };
  expect(JSON.stringify(config(env))).not.toContain('hunter2');
});
