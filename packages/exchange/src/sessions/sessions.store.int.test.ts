import { createHash } from 'node:crypto';
import { instant } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SessionToken } from '../index.ts';
import { type TestExchange, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

const keyOf = ({ accountId, token }: SessionToken) =>
  `${t.exchange.identity.prefix}:session:{${accountId}}:${createHash('sha256').update(token).digest('hex')}`;
/** As if so much of its life were left. */
const leave = (session: SessionToken, millis: number) =>
  t.stores.redis.write('test', (client) => client.pexpire(keyOf(session), millis));

test('a session lives as long as it is touched, and no longer', async () => {
  const { sessions } = t.exchange;
  const session = await sessions.start({ accountId: 'alice', ttlSeconds: 600 });
  expect(session).toMatchObject({ accountId: 'alice', token: expect.stringMatching(/^[\w-]{43}$/) });
  expect(instant.millis(session.expiresAt) - instant.millis(session.startedAt)).toBe(600_000);
  await leave(session, 60_000);
  const touched = await sessions.get(session);
  expect(touched.startedAt).toBe(session.startedAt);
  expect(touched.expiresAt > session.expiresAt).toBe(true);
  const left = await t.stores.redis.read<unknown>('test', (client) => client.pttl(keyOf(session)));
  expect(Number.parseInt(String(left), 10)).toBeGreaterThan(60_000);
  await leave(session, 0);
  expect(await sessions.touch(session)).toBeUndefined();
  await expect(sessions.get(session)).rejects.toMatchObject({ kind: 'not-found', code: 'session-not-found' });
});

test('only the holder of the token has the session, and Redis has only its hash', async () => {
  const { sessions } = t.exchange;
  const session = await sessions.start({ accountId: 'bob' });
  expect(instant.millis(session.expiresAt) - instant.millis(session.startedAt)).toBe(1_800_000);
  expect(await sessions.touch({ ...session, accountId: 'alice' })).toBeUndefined();
  const other = `${session.token.slice(0, 42)}${session.token.endsWith('A') ? 'B' : 'A'}`;
  expect(await sessions.touch({ ...session, token: other })).toBeUndefined();
  const kept = await t.stores.redis.read('test', (client) => client.hgetall(keyOf(session)));
  expect(Object.keys(kept).toSorted()).toEqual(['life', 'started']);
  expect(JSON.stringify(kept)).not.toContain(session.token);
  expect(t.box.logs.join('\n')).not.toContain(session.token);
});

test('ending a session ends that one, revoking ends all of the account that were started until then', async () => {
  const { sessions } = t.exchange;
  const [one, two] = [await sessions.start({ accountId: 'carol' }), await sessions.start({ accountId: 'carol' })];
  const others = await sessions.start({ accountId: 'dave' });
  await sessions.end(one);
  await sessions.end(one);
  expect(await sessions.touch(one)).toBeUndefined();
  expect(await sessions.touch(two)).toBeDefined();
  await sessions.revokeAll('carol');
  expect(await sessions.touch(two)).toBeUndefined();
  const later = await sessions.start({ accountId: 'carol' });
  expect(await sessions.touch(later)).toBeDefined();
  expect(await sessions.touch(others)).toBeDefined();
});

test('sessions of one process are sessions of all, and need no PostgreSQL', async () => {
  const { sessions } = t.exchange;
  const second = t.box.open('exchange', { workers: false });
  using _ = t.box.postgres.down();
  const session = await sessions.start({ accountId: 'erin' });
  expect(await second.sessions.get(session)).toMatchObject({ accountId: 'erin', startedAt: session.startedAt });
});

test('without Redis there are none: unavailable, not refused', async () => {
  const { sessions } = t.exchange;
  const session = await sessions.start({ accountId: 'frank' });
  {
    using _ = t.box.redis.down();
    await expect(sessions.get(session)).rejects.toMatchObject({ kind: 'unavailable' });
  }
  await t.exchange.ready();
  await expect.poll(() => sessions.touch(session).catch(() => undefined)).toMatchObject({ accountId: 'frank' });
});
