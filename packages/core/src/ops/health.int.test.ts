import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, inject, test } from 'vitest';
import { createSampleAdapter } from './test-adapter.ts';
import { gate } from './test-gate.ts';
import { type SampleInstance, sampleInstance } from './test-instance.ts';

const servers = inject('servers');
let sample: SampleInstance;
beforeAll(async () => {
  sample = await sampleInstance(servers);
});
afterAll(() => sample[Symbol.asyncDispose]());

test.concurrent('answers within its deadline when the stores hang, and is itself again when they do not', async ({
  expect,
}) => {
  await using postgres = await gate(servers.postgres);
  await using redis = await gate(servers.redis);
  await using adapter = createSampleAdapter(sample.options({ postgres: postgres.port, redis: redis.port }));
  await adapter.ready();
  postgres.swallow();
  redis.swallow();
  const started = performance.now();
  expect(await adapter.health()).toMatchObject({
    status: 'unavailable',
    postgres: { state: 'down' },
    redis: { state: 'down' },
  });
  expect(performance.now() - started).toBeLessThan(4000);
  postgres.close();
  redis.close();
  postgres.open();
  redis.open();
  await expect.poll(async () => (await adapter.health()).status, { timeout: 10_000, interval: 200 }).toBe('healthy');
  expect((await adapter.health()).postgres.lastErrorClass).toBeDefined();
});

test.concurrent('a hundred questions at once are one, and its answer is kept for a second', async ({ expect }) => {
  let asked = 0;
  const check = async () => ({ state: 'up' as const, facts: { asked: (asked += 1) } });
  await using adapter = createSampleAdapter(sample.options(), { checks: [{ name: 'counted', check }] });
  await Promise.all(Array.from({ length: 100 }, () => adapter.health()));
  await adapter.health();
  expect(asked).toBe(1);
  await sleep(1050);
  await adapter.health();
  expect(asked).toBe(2);
});

test.concurrent('a check that hangs or throws is unknown, one that is down makes the adapter unavailable', async ({
  expect,
}) => {
  let state: 'up' | 'degraded' | 'down' = 'degraded';
  await using adapter = createSampleAdapter(sample.options(), {
    checks: [
      { name: 'hangs', check: () => new Promise(() => {}) },
      {
        name: 'throws',
        check: () => {
          throw new TypeError('secret');
        },
      },
      { name: 'lags', check: () => ({ state, lagSeconds: 12, reason: 'far behind' }) },
    ],
  });
  const health = await adapter.health();
  expect(health).toMatchObject({
    status: 'degraded',
    checks: {
      hangs: { state: 'unknown', lastErrorClass: 'check-timed-out' },
      throws: { state: 'unknown', lastErrorClass: 'TypeError' },
      lags: { lagSeconds: 12 },
    },
  });
  expect(health.reasons).toContain('lags is degraded: far behind');
  expect(JSON.stringify(health)).not.toContain('secret');
  state = 'down';
  await expect.poll(async () => (await adapter.health()).status, { timeout: 3000 }).toBe('unavailable');
});

test.concurrent('a drained pool is degraded, not down', async ({ expect }) => {
  const options = sample.options();
  await using adapter = createSampleAdapter({ ...options, postgres: { ...options.postgres, pool: 1 } });
  await adapter.ready();
  const busy = [adapter.slowly(), adapter.slowly(), adapter.slowly()];
  await sleep(50);
  expect(await adapter.health()).toMatchObject({
    status: 'degraded',
    postgres: { state: 'degraded', reason: '2 calls wait for one of 1 connections' },
  });
  await Promise.all(busy);
});
