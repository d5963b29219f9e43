import { setTimeout as sleep } from 'node:timers/promises';
import { coreFamilies, keysOf } from '@tse/core';
import { type ExchangeAdapter, definition } from '@tse/exchange';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Arena, openArena } from './arena.ts';
import { Bank } from './bank.ts';
import { EventLog } from './event-log.ts';
import { findEventFaults } from './find-event-faults.ts';
import { findLosses } from './find-losses.ts';
import { findSecrets } from './find-secrets.ts';
import { findBrokenIdentities, findStaleBalances, findUnrest } from './find-unrest.ts';
import { tellerAt } from './until-known.ts';

let arena: Arena;
let exchange: ExchangeAdapter;
let bank: Bank;
let log: EventLog;
let redis: Redis;
const settled = { timeout: 10_000 };

beforeAll(async () => {
  arena = await openArena();
  redis = new Redis(arena.admin.redisUrl);
  exchange = arena.open();
  bank = new Bank([tellerAt(exchange)], 'finders');
  await bank.open(exchange);
  log = new EventLog(exchange);
  const stop = new AbortController();
  const running = bank.run(4, stop.signal);
  await sleep(1000);
  stop.abort();
  await running;
});
afterAll(async () => {
  redis.disconnect();
  await log[Symbol.asyncDispose]();
  await arena[Symbol.asyncDispose]();
});

const spoil = (text: string) => arena.asAdmin((client) => client.query(`set search_path to exchange; ${text}`));
const lossesBut = (changed: Partial<Bank['acknowledged']>) => findLosses(arena, { ...bank.acknowledged, ...changed });

test('what is there and was never acknowledged is found, and what was and is not', async () => {
  expect(await findLosses(arena, bank.acknowledged)).toEqual([]);
  for (const kind of ['orders', 'trades', 'bookings'] as const) {
    const [[id] = ['']] = bank.acknowledged[kind];
    const without = new Map<string, never>(bank.acknowledged[kind] as Map<string, never>);
    without.delete(id);
    expect(await lossesBut({ [kind]: without })).toContainEqual(
      expect.stringContaining(`${id}: there, and nobody was told`),
    );
    const more = new Map<string, never>(bank.acknowledged[kind] as Map<string, never>);
    more.set('another', more.get(id)!);
    expect(await lossesBut({ [kind]: more })).toContainEqual(expect.stringContaining('another: acknowledged, lost'));
  }
});

test('money that was booked twice is found, by the model and by the ledger', async () => {
  await spoil(`update balances set posted = posted + 1 where account_id = 'account-3' and asset = 'USD'`);
  expect(await findLosses(arena, bank.acknowledged)).toEqual([expect.stringContaining('balance account-3 USD')]);
  expect(await findBrokenIdentities(arena)).toEqual([expect.stringContaining('account-3 USD')]);
  await spoil(`update balances set posted = posted - 1 where account_id = 'account-3' and asset = 'USD'`);
  expect(await findBrokenIdentities(arena)).toEqual([]);
});

test('a copy in Redis that is behind is found', async () => {
  await expect.poll(() => findStaleBalances(exchange, bank.acknowledged), settled).toEqual([]);
  const key = `${exchange.identity.prefix}:balance:{account-5}`;
  const right = (await redis.hget(key, 'USD'))!;
  await redis.hset(key, 'USD', right.replace(/ \S+/, ' 1'));
  expect(await findStaleBalances(exchange, bank.acknowledged)).toEqual([
    expect.stringContaining('account-5 USD: 1 in'),
  ]);
  await redis.hset(key, 'USD', right);
});

test('an event that is missing is found, in the stream and with a consumer', async () => {
  await expect.poll(() => findEventFaults(arena, log.ids), settled).toEqual([]);
  expect(await findEventFaults(arena, log.ids.toSpliced(7, 1))).not.toEqual([]);
  await redis.xdel(keysOf(definition.identity.prefix, coreFamilies).events('all'), '5-0');
  expect(await findEventFaults(arena, log.ids)).toContainEqual(expect.stringMatching(/^5-0 /));
});

test('a secret is found wherever it comes out', async () => {
  const [secret] = arena.secrets as [string];
  expect(await findSecrets(arena, [exchange], [new Error('x')])).toEqual([]);
  expect(await findSecrets(arena, [exchange], [new Error('x', { cause: new Error(secret) })])).toEqual(['errors']);
  expect(await findSecrets({ ...arena, logs: [`{"password":"${secret}"}`] }, [exchange], [new Error('x')])).toEqual([
    'logs',
  ]);
});

test('a session that stays in its transaction is found', async () => {
  await expect.poll(() => findUnrest(arena, [exchange]), settled).toEqual([]);
  const session = new pg.Client({
    host: arena.postgres.host,
    port: arena.postgres.port,
    user: 'exchange_adapter',
    password: arena.passwords.postgres,
    database: 'postgres',
  });
  await session.connect();
  await session.query('begin');
  expect(await findUnrest(arena, [exchange])).toEqual([expect.stringContaining('idle in a transaction')]);
  await session.end();
});
