import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { currentContext, withContext } from '../pipe/context.ts';
import { openAdapter } from './open-adapter.ts';
import { caught, createSampleAdapter, events } from './test-adapter.ts';
import { type SampleInstance, families, identity, minSchema, sampleInstance } from './test-instance.ts';

const servers = inject('servers');
let sample: SampleInstance;
beforeAll(async () => {
  sample = await sampleInstance(servers);
});
afterAll(() => sample[Symbol.asyncDispose]());

test('an adapter opens, becomes ready, works, is healthy, and closes', async () => {
  await using adapter = createSampleAdapter({ ...sample.options(), workers: true }, {}, { redisFirst: true });
  await adapter.ready();
  expect(await adapter.write('n1')).toBe(1);
  expect(adapter.keys.note('n1')).toBe(`sample:${sample.instance}:note:{n1}`);
  await expect
    .poll(() => adapter.health(), { timeout: 5000 })
    .toMatchObject({
      adapter: 'sample',
      instance: sample.instance,
      status: 'healthy',
      reasons: [],
      postgres: { state: 'up', breaker: 'closed', pool: { max: 10 }, latencyMs: expect.any(Number) },
      redis: { state: 'up', breaker: 'closed' },
      checks: {
        schema: { state: 'up', facts: { version: 'sample/0001_create_notes' } },
        eviction: { state: 'up', facts: { policy: 'noeviction' } },
        epoch: { state: 'up', facts: { state: 'current' } },
      },
      workers: [
        { name: 'relay-events', state: 'running', restarts: 0, lagSeconds: 0 },
        { name: 'keep-epoch', state: 'running', restarts: 0 },
      ],
    });
  await adapter.close();
  expect(await caught(adapter.write('n2'))).toMatchObject({ kind: 'unavailable', code: 'adapter-closed' });
  await adapter.close();
});

test('what one adapter writes the inbox of another gets, in the writer`s context', async () => {
  await using reading = await sampleInstance(servers);
  await using writer = createSampleAdapter({ ...sample.options(), workers: true });
  await using reader = createSampleAdapter(reading.options());
  const got: unknown[] = [];
  reader.inbox.consume({ name: 'notes', from: events, instance: sample.instance, start: 'earliest' }, async (event) => {
    got.push([event.aggregateId, event.payload.body, currentContext().correlationId]);
  });
  await withContext({ correlationId: 'req-1' }, () => writer.writeAndTell('told'));
  await expect.poll(() => got, { timeout: 10_000 }).toEqual([['told', 'x', 'req-1']]);
  expect((await reader.health()).checks['inbox']).toMatchObject({ state: 'up' });
});

test('what was committed before is out once the events are flushed, whichever process relays', async () => {
  await using instance = await sampleInstance(servers);
  await using silent = createSampleAdapter({ ...instance.options(), workers: false });
  expect(await silent.flushEvents()).toBe(0);
  await silent.writeAndTell('one');
  await expect(silent.flushEvents({ deadlineMs: 200 })).rejects.toMatchObject({ kind: 'unavailable' });
  await using relaying = createSampleAdapter({ ...instance.options(), workers: true });
  expect(await silent.flushEvents()).toBe(1);
  await Promise.all(Array.from({ length: 20 }, (_, i) => silent.writeAndTell(`n${i}`)));
  expect([await silent.flushEvents(), await relaying.flushEvents()]).toEqual([21, 21]);
});

test('what Redis answers first is rebuilt when Redis was emptied, and health says so until it is', async () => {
  let rebuilding = Promise.withResolvers<void>();
  const { context, epoch, mount } = openAdapter({
    identity,
    families,
    minSchema,
    options: sample.options(),
    redisFirst: true,
  });
  epoch.onMismatch('notes', () => rebuilding.promise);
  await using adapter = mount();
  rebuilding.resolve();
  await expect.poll(async () => (await adapter.health()).status, { timeout: 5000 }).toBe('healthy');

  rebuilding = Promise.withResolvers();
  await context.redis.write('test', (client) => client.del(context.coreKeys.epoch('all')));
  await expect
    .poll(async () => (await adapter.health()).reasons, { timeout: 5000 })
    .toEqual(['epoch is degraded: Redis is being rebuilt']);
  await expect(epoch.ensure()).rejects.toMatchObject({ kind: 'unavailable', code: 'epoch-mismatch' });
  rebuilding.resolve();
  await expect.poll(async () => (await adapter.health()).status, { timeout: 5000 }).toBe('healthy');
  await epoch.ensure();
});

test('settings that are malformed throw at once and by name, and connect nothing', () => {
  expect(() => createSampleAdapter({ ...sample.options(), postgres: { url: 'mysql://x' } })).toThrow(/postgres\.url/);
  expect(() => createSampleAdapter({ ...sample.options(), instance: 'services' })).toThrow(/key family/);
  expect(() => createSampleAdapter({ ...sample.options(), instance: 'note' })).toThrow(/key family/);
  expect(() => createSampleAdapter({ ...sample.options(), workers: ['relai'] }, { workers: [] })).toThrow(/relai/);
});

test('two adapters that share a registry keep their numbers apart, and a closed one takes its gauges along', async () => {
  const metrics = new Registry();
  await using other = await sampleInstance(servers);
  const one = createSampleAdapter({ ...sample.options(), metrics });
  await using two = createSampleAdapter({ ...other.options(), metrics });
  await Promise.all([one.ready(), two.ready()]);
  await Promise.all([one.write('shared'), two.write('shared'), one.health(), two.health()]);
  const text = await metrics.metrics();
  for (const { instance } of [sample, other]) {
    const labels = `adapter="sample",adapter_instance="${instance}"`;
    expect(text).toContain(`adapter_operation_seconds_count{${labels},op="sample.notes.write",outcome="ok"} 1`);
    expect(text).toContain(`adapter_up{${labels}} 1`);
    expect(text).toContain(`adapter_store_up{${labels},store="redis"} 1`);
    expect(text).toContain(`adapter_postgres_connections{${labels},state="max"} 10`);
  }
  expect(text.match(/# TYPE adapter_up gauge/g)).toHaveLength(1);
  await one.close();
  expect(await metrics.metrics()).not.toContain(`adapter_up{adapter="sample",adapter_instance="${sample.instance}"}`);
});
