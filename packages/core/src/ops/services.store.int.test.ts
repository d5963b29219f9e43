import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type TestInstance, testInstance } from '../consistency/test-instance.ts';
import { ServiceStore } from './services.store.ts';
import { ServiceNotFoundError } from './services.ts';

let one: TestInstance;
let other: TestInstance;
let services: ServiceStore;

beforeAll(async () => {
  const servers = inject('servers');
  [one, other] = await Promise.all([testInstance(servers), testInstance(servers)]);
  services = new ServiceStore(one.context);
});
afterAll(async () => {
  await services.close();
  await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
});

const register = (name: string, more: object = {}) =>
  services.register({ name, version: '1.0.0', host: '10.0.0.7', ports: { http: 8080 }, keepAlive: false, ...more });

test('a registered service is found by name and by id with all that it said, until it deregisters', async () => {
  const { id, service } = await register('life-cycle', {
    metadata: { zone: 'a' },
    ports: { http: 8080, grpc: 50_051 },
  });
  const found = { id, name: 'life-cycle', version: '1.0.0', host: '10.0.0.7', metadata: { zone: 'a' }, healthy: true };
  expect(service).toMatchObject(found);
  expect(await services.discover('life-cycle')).toEqual([{ ...service, ports: { http: 8080, grpc: 50_051 } }]);
  expect(await services.get(id)).toMatchObject(found);

  expect(await services.deregister(id)).toBe(true);
  expect(await services.deregister(id)).toBe(false);
  expect(await services.discover('life-cycle')).toEqual([]);
  expect(await services.find(id)).toBeUndefined();
  await expect(services.get(id)).rejects.toBeInstanceOf(ServiceNotFoundError);
});

test('a heartbeat moves the time it was last seen and nothing else', async () => {
  const { id, service } = await register('beating');
  await sleep(20);
  await services.heartbeat({ id });
  const seen = await services.get(id);
  expect(seen.lastSeenAt > service.lastSeenAt).toBe(true);
  expect(seen).toEqual({ ...service, lastSeenAt: seen.lastSeenAt });
  const [seconds] = await one.admin.time();
  expect(Math.abs(Date.parse(seen.lastSeenAt) - Number(seconds) * 1000)).toBeLessThan(5000);
});

test('a heartbeat of an id that is not registered is refused and registers nothing', async () => {
  await expect(services.heartbeat({ id: 'nobody' })).rejects.toMatchObject({
    kind: 'not-found',
    code: 'service-not-found',
  });
  expect(await services.find('nobody')).toBeUndefined();
});

test('what was not seen within its time to live is gone, its record too; what was seen stays', async () => {
  const stale = await register('aging', { ttlMs: 100 });
  const fresh = await register('aging', { ttlMs: 60_000 });
  await sleep(150);
  expect((await services.discover('aging')).map(({ id }) => id)).toEqual([fresh.id]);
  await expect(services.heartbeat({ id: stale.id })).rejects.toMatchObject({ code: 'service-not-found' });
  const key = one.context.coreKeys.services('registry');
  await expect.poll(() => one.admin.hexists(key, stale.id)).toBe(0);
  expect(await one.admin.zscore(`${key}:index`, `aging|${stale.id}`)).toBeNull();
});

test('of three instances the one that fails is registered but not discovered', async () => {
  await register('mixed', { id: 'mixed-1' });
  await register('mixed', { id: 'mixed-2', status: 'failing' });
  await register('mixed', { id: 'mixed-3' });
  expect((await services.discover('mixed')).map(({ id }) => id)).toEqual(['mixed-1', 'mixed-3']);
  expect((await services.list({ name: 'mixed' })).items.map(({ id, healthy }) => [id, healthy])).toEqual([
    ['mixed-1', true],
    ['mixed-2', false],
    ['mixed-3', true],
  ]);
  await services.heartbeat({ id: 'mixed-2', status: 'serving' });
  expect(await services.discover('mixed')).toHaveLength(3);
});

test('the numbers of a report come back as they were given', async () => {
  const { id } = await register('measured');
  const metrics = { requests: 1000, errors: 5, responseMs: 250, queueDepth: 12, cpuShare: 0.45, memoryShare: 0.001 };
  await services.heartbeat({ id, metrics });
  expect((await services.get(id)).metrics).toEqual(metrics);
});

test('registering an id again replaces what it said and keeps when it began; under a new name the old one is forgotten', async () => {
  const { service } = await register('updated', { id: 'updated-1', metadata: { zone: 'a' } });
  await register('updated', {
    id: 'updated-1',
    version: '1.1.0',
    status: 'draining',
    metadata: { zone: 'b', new: 'yes' },
  });
  expect(await services.get('updated-1')).toMatchObject({
    version: '1.1.0',
    status: 'draining',
    metadata: { zone: 'b', new: 'yes' },
    registeredAt: service.registeredAt,
  });
  await register('renamed', { id: 'updated-1' });
  expect((await services.list({ name: 'updated' })).items).toEqual([]);
  expect(await services.discover('renamed')).toHaveLength(1);
});

test('five healthy instances have addresses of their own, and two versions stand side by side', async () => {
  for (let i = 1; i <= 5; i += 1) await register('spread', { host: `10.0.0.${i}`, ports: { grpc: 50_000 + i } });
  const addresses = (await services.discover('spread')).map(({ host, ports }) => `${host}:${ports['grpc']}`);
  expect(new Set(addresses).size).toBe(5);
  await register('versions', { version: '1.0.0' });
  await register('versions', { version: '2.0.0' });
  expect((await services.discover('versions')).map(({ version }) => version).toSorted()).toEqual(['1.0.0', '2.0.0']);
});

test('a name finds itself only: not what it begins', async () => {
  await register('gateway');
  await register('gateway-internal');
  await register('gateway.eu');
  expect((await services.discover('gateway')).map(({ name }) => name)).toEqual(['gateway']);
});

test('fifty are listed by name and id, page by page, and one statement finds one of them', async () => {
  for (let i = 0; i < 50; i += 1) await register('many', { id: `many-${String(i).padStart(2, '0')}` });
  const page = await services.list({ name: 'many', limit: 20 });
  expect(page.items).toHaveLength(20);
  const next = await services.list({ name: 'many', limit: 20, cursor: page.next! });
  expect(next.items[0]).toMatchObject({ id: 'many-20' });
  const all = await Array.fromAsync(services.list({ name: 'many', limit: 7 }));
  expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, i) => `many-${String(i).padStart(2, '0')}`));
  await expect(services.list({ cursor: 'nonsense' })).rejects.toMatchObject({ issues: [{ path: 'cursor' }] });
});

test('one that keeps itself registered outlives its time to live and a loss of Redis, with its last report', async () => {
  await using kept = await services.register({ name: 'kept', version: '1', host: 'h', ttlMs: 300 });
  await services.heartbeat({ id: kept.id, status: 'draining' });
  await sleep(500);
  expect(await services.find(kept.id)).toMatchObject({ status: 'draining' });
  const key = one.context.coreKeys.services('registry');
  await one.admin.del(key, `${key}:expiries`, `${key}:index`);
  await expect
    .poll(() => services.find(kept.id), { timeout: 3000 })
    .toMatchObject({ name: 'kept', status: 'draining' });
});

test('disposing of a registration deregisters it', async () => {
  let id = '';
  {
    await using registration = await services.register({ name: 'disposed', version: '1', host: 'h' });
    ({ id } = registration);
  }
  expect(await services.find(id)).toBeUndefined();
});

test('the registry of another adapter is read, and only read', async () => {
  const theirs = new ServiceStore(other.context);
  const { id } = await theirs.register({ name: 'foreign', version: '1', host: 'h', keepAlive: false });
  const from = other.context.identity.prefix;
  expect(await services.discover('foreign')).toEqual([]);
  expect((await services.discover('foreign', { from })).map((service) => service.id)).toEqual([id]);
  expect((await services.list({ from })).items).toHaveLength(1);
  expect(await services.get(id, { from })).toMatchObject({ name: 'foreign' });
  const foreignKey = other.context.coreKeys.services('registry');
  await expect(one.context.redis.write('test', (client) => client.hset(foreignKey, 'x', 'y'))).rejects.toMatchObject({
    code: 'redis-login-refused',
  });
});

test('a record that nobody here wrote is passed over', async () => {
  const { id } = await register('garbled');
  const key = one.context.coreKeys.services('registry');
  await one.admin.hset(key, id, 'not a record');
  expect(await services.discover('garbled')).toEqual([]);
  await one.admin.hset(key, id, '1 2 garbled {"version":1}');
  expect(await services.find(id)).toBeUndefined();
});

test.each([
  ['name', { name: 'With Spaces' }],
  ['name', { name: 'a|b' }],
  ['name', { name: '' }],
  ['version', { version: '1\0' }],
  ['host', { host: 'h'.repeat(256) }],
  ['ports.http', { ports: { http: 70_000 } }],
  ['ports.http', { ports: { http: Number.NaN } }],
  ['id', { id: 'a b' }],
  ['ttlMs', { ttlMs: 5 }],
  ['metadata.a', { metadata: { a: '\uD800' } }],
  ['status', { status: 'fine' }],
  ['metrics.load', { metrics: { load: Number.POSITIVE_INFINITY } }],
  ['', { surprise: true }],
])('bad input is refused by the field %s: %j', async (path, wrong) => {
  const input = { name: 'refused', version: '1', host: 'h', keepAlive: false, ...wrong };
  await expect(services.register(input as never)).rejects.toMatchObject({ kind: 'invalid-input', issues: [{ path }] });
  expect((await services.list({ name: 'refused' })).items).toEqual([]);
});
