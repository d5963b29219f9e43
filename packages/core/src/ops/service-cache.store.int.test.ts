import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type TestInstance, testInstance } from '../consistency/test-instance.ts';
import { ServiceCacheStore } from './service-cache.store.ts';
import type { CacheGroup, Json } from './service-cache.ts';

let one: TestInstance;
let other: TestInstance;
let cache: ServiceCacheStore;
beforeAll(async () => {
  [one, other] = await Promise.all([testInstance(inject('servers')), testInstance(inject('servers'))]);
  cache = new ServiceCacheStore(one.context);
});
afterAll(() => Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]));

const keysOf = (group: CacheGroup) => Array.fromAsync(group.keys({ limit: 3 }));

test('a value is there as it was given until it is deleted', async () => {
  const group = cache.group('basic');
  await group.set('greeting', 'hello', { ttlMs: 300_000 });
  expect(await group.get('greeting')).toBe('hello');
  expect(await group.ttl('greeting')).toBeGreaterThan(290_000);
  expect(await group.delete(['greeting', 'never there'])).toBe(1);
  expect(await group.find('greeting')).toBeUndefined();
  expect(await group.ttl('greeting')).toBeUndefined();
});

test.each<[string, Json]>([
  ['nested', { user: { id: 'u1', tags: ['a', 'b'], limits: { daily: '1000.10', open: null } }, list: [1, [2, [3]]] }],
  ['text that looks like JSON', '{"a":1}'],
  ['awkward text', 'π "quoted" \n \uD83D\uDE00 \u0000 end'],
  ['a number', 12.5],
  ['null', null],
  ['false', false],
  ['empty', {}],
])('%s reads back the same', async (name, value) => {
  const group = cache.group('values');
  await group.set(name, value);
  expect(await group.get(name)).toEqual(value);
});

test('a short time to live ends, a long one does not, and one that is extended keeps its value', async () => {
  const group = cache.group('times');
  await group.set('short', 1, { ttlMs: 60 });
  await group.set('long', 2, { ttlMs: 60_000 });
  await group.set('extended', 3, { ttlMs: 300_000 });
  await sleep(90);
  expect(await group.find('short')).toBeUndefined();
  expect(await group.get('long')).toBe(2);
  expect(await group.extend('extended', 600_000)).toBe(true);
  expect(await group.ttl('extended')).toBeGreaterThan(500_000);
  expect(await group.get('extended')).toBe(3);
  expect(await group.extend('short', 1000)).toBe(false);
  expect(await keysOf(group)).toEqual(['extended', 'long']);
});

test('many are set, found and deleted at once', async () => {
  const group = cache.group('bulk');
  const entries = Array.from({ length: 5 }, (_, i): [string, Json] => [`bulk-${i}`, { i }]);
  await group.setMany(entries);
  expect(await group.get('bulk-3')).toEqual({ i: 3 });
  expect([...(await group.findMany(['bulk-4', 'missing', 'bulk-0']))]).toEqual([
    ['bulk-4', { i: 4 }],
    ['bulk-0', { i: 0 }],
  ]);
  expect(await group.delete(entries.map(([key]) => key))).toBe(5);
  expect(await group.findMany(entries.map(([key]) => key))).toEqual(new Map());
  await group.setMany([]);
  expect(await group.delete([])).toBe(0);
});

test('a group lists and drops its own, and no other one`s', async () => {
  const [users, orders] = [cache.group('users'), cache.group('users-archive')];
  await users.setMany(['u3', 'u1', 'u2'].map((key): [string, Json] => [key, key]));
  await orders.setMany(['o1', 'o2', 'o3'].map((key): [string, Json] => [key, key]));
  expect(await keysOf(users)).toEqual(['u1', 'u2', 'u3']);
  expect(await users.clear()).toBe(3);
  expect(await keysOf(users)).toEqual([]);
  expect(await keysOf(orders)).toEqual(['o1', 'o2', 'o3']);
});

test('a group of more than a page is listed and dropped as a whole, and its index goes with it', async () => {
  const group = cache.group('large');
  const keys = Array.from({ length: 1100 }, (_, i) => `k${String(i).padStart(4, '0')}`);
  await group.setMany(keys.slice(0, 600).map((key): [string, Json] => [key, 1]));
  await group.setMany(keys.slice(600).map((key): [string, Json] => [key, 1]));
  const page = await group.keys({ limit: 1000 });
  expect(page.items).toEqual(keys.slice(0, 1000));
  expect((await group.keys({ limit: 1000, cursor: page.next! })).items).toEqual(keys.slice(1000));
  expect(await group.clear()).toBe(1100);
  expect(await one.admin.exists(one.context.coreKeys.cache('group:large', 'index'))).toBe(0);
});

test('a counter counts, keeps the time of its first increment, and is refused where there is none', async () => {
  const group = cache.group('counters');
  expect([
    await group.increment('hits', 10),
    await group.increment('hits', 5),
    await group.increment('hits', -3),
  ]).toEqual([10, 15, 12]);
  expect(await group.get('hits')).toBe(12);
  await group.increment('window', 1, { ttlMs: 60_000 });
  await group.increment('window', 1, { ttlMs: 600_000 });
  expect(await group.ttl('window')).toBeLessThanOrEqual(60_000);
  expect(
    (await Promise.all(Array.from({ length: 50 }, () => group.increment('racing')))).toSorted((a, b) => a - b),
  ).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  await group.set('text', 'abc');
  await expect(group.increment('text')).rejects.toMatchObject({ kind: 'conflict', code: 'not-a-counter' });
  expect(await group.get('text')).toBe('abc');
  await group.increment('huge', Number.MAX_SAFE_INTEGER);
  await expect(group.increment('huge')).rejects.toMatchObject({ code: 'not-a-counter' });
  expect(await group.get('huge')).toBe(Number.MAX_SAFE_INTEGER);
});

test('what is not there is told, never made up', async () => {
  const group = cache.group('missing');
  await expect(group.get('nothing')).rejects.toMatchObject({
    kind: 'not-found',
    code: 'not-cached',
    details: { key: 'nothing' },
  });
  await one.admin.set(one.context.coreKeys.cache('group:missing', 'value:garbled'), '{not json');
  expect(await group.find('garbled')).toBeUndefined();
});

test('every key is under the adapter`s prefix, and another adapter reads none of it', async () => {
  await cache.group('private').set('secret', 1);
  const key = one.context.coreKeys.cache('group:private', 'value:secret');
  expect(key.startsWith(`${one.context.identity.prefix}:cache:{`)).toBe(true);
  expect(await one.admin.get(key)).toBe('1');
  await expect(other.context.redis.read('test', (client) => client.get(key))).rejects.toMatchObject({
    code: 'redis-login-refused',
  });
  expect(await new ServiceCacheStore(other.context).group('private').find('secret')).toBeUndefined();
});

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;
let deep: unknown = 1;
for (let i = 0; i < 100_000; i += 1) deep = [deep];

test.each<[string, string, unknown, object?]>([
  ['NaN', 'entries.0.1', Number.NaN],
  ['undefined', 'entries.0.1', undefined],
  ['a bigint', 'entries.0.1', 1n],
  ['a member that is undefined', 'entries.0.1', { a: undefined }],
  ['a Map', 'entries.0.1', new Map()],
  ['a cycle', 'entries.0.1', cyclic],
  ['depth', 'entries.0.1', deep],
  ['length', 'entries.0.1', 'x'.repeat(300_000)],
  ['no time', 'ttlMs', 1, { ttlMs: 0 }],
  ['time without end', 'ttlMs', 1, { ttlMs: Number.POSITIVE_INFINITY }],
])('a value is refused for %s and nothing is stored', async (_, path, value, options) => {
  const group = cache.group('refused');
  await expect(group.set('k', value as Json, options)).rejects.toMatchObject({
    kind: 'invalid-input',
    issues: [{ path }],
  });
  expect(await keysOf(group)).toEqual([]);
});

test.each(['', 'With Space', '{a}', 'a*', 'a'.repeat(65), '../x'])('the group name %j is refused', async (name) => {
  await expect(cache.group(name).set('k', 1)).rejects.toMatchObject({ issues: [{ path: 'group' }] });
});

test.each(['', 'nul\0', 'x'.repeat(201), '\uD800'])('the key %j is refused', async (key) => {
  await expect(cache.group('keys').set(key, 1)).rejects.toMatchObject({ issues: [{ path: 'entries.0.0' }] });
  await expect(cache.group('keys').find(key)).rejects.toMatchObject({ issues: [{ path: 'keys.0' }] });
});
