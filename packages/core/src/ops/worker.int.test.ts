import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { AdapterOptions } from '../pipe/config.ts';
import { dueWorker } from './polling-worker.ts';
import { createSampleAdapter } from './test-adapter.ts';
import { type SampleInstance, sampleInstance } from './test-instance.ts';

const servers = inject('servers');
let sample: SampleInstance;
beforeAll(async () => {
  sample = await sampleInstance(servers);
});
afterAll(() => sample[Symbol.asyncDispose]());

const beat = (name: string, runs: string[]) => ({
  name,
  run: async (signal: AbortSignal) => {
    runs.push(name);
    await sleep(60_000, undefined, { signal, ref: false }).catch(() => {});
  },
});

test.concurrent('the setting selects all, none, or some by name', async ({ expect }) => {
  const states = async (workers: NonNullable<AdapterOptions['workers']>) => {
    const runs: string[] = [];
    await using adapter = createSampleAdapter(
      { ...sample.options(), workers },
      { workers: [beat('one', runs), beat('two', runs)] },
    );
    await sleep(5);
    const found = (await adapter.health()).workers;
    return [runs, found.map(({ state }) => state)];
  };
  expect(await states(true)).toEqual([
    ['one', 'two'],
    ['running', 'running', 'running'],
  ]);
  expect(await states(false)).toEqual([[], ['off', 'off', 'off']]);
  expect(await states(['two'])).toEqual([['two'], ['off', 'off', 'running']]);
  await expect(states(['three'])).rejects.toMatchObject({
    issues: [{ path: 'workers', message: /three; there are relay-events, one, two/ }],
  });
});

test.concurrent('what falls due in business time is done when it is asked for, and by its own loop only where the setting lets it', async ({
  expect,
}) => {
  let due = 7;
  const work = dueWorker({
    name: 'due',
    batch: 3,
    pauseMs: 60_000,
    work: (limit) => {
      const done = Math.min(due, limit);
      due -= done;
      return Promise.resolve(done);
    },
  });
  await using stepped = createSampleAdapter(
    { ...sample.options(), workers: 'catch-up' },
    { workers: [work, beat('other', [])] },
  );
  await sleep(5);
  expect((await stepped.health()).workers.map(({ name, state }) => [name, state])).toEqual([
    ['relay-events', 'running'],
    ['due', 'off'],
    ['other', 'running'],
  ]);
  expect(due).toBe(7);
  await stepped.catchUp();
  expect(due).toBe(0);
  due = 4;
  await using _running = createSampleAdapter(sample.options(), { workers: [work] });
  await expect.poll(() => due).toBe(0);
});

test.concurrent('one that fails is run again, is named in health and metrics, and harms nothing else', async ({
  expect,
}) => {
  let runs = 0;
  const failing = {
    name: 'failing',
    run: async (signal: AbortSignal) => {
      runs += 1;
      if (runs < 3) throw new RangeError('the password is hunter2');
      await sleep(60_000, undefined, { signal, ref: false }).catch(() => {});
    },
    lagSeconds: () => 1.5,
  };
  await using adapter = createSampleAdapter(sample.options(), { workers: [failing] });
  await expect.poll(() => runs, { timeout: 5000 }).toBe(3);
  await sleep(1000);
  const health = await adapter.health();
  expect(health.workers.slice(1)).toMatchObject([
    { name: 'failing', state: 'running', restarts: 2, lastErrorClass: 'RangeError', lagSeconds: 1.5 },
  ]);
  expect(JSON.stringify(health)).not.toContain('hunter2');
  const text = await adapter.metrics.metrics();
  const labels = `adapter="sample",adapter_instance="${sample.instance}"`;
  expect(text).toContain(`adapter_worker_failures_total{${labels},worker="failing"} 2`);
  expect(text).toContain(`adapter_lag_seconds{${labels},of="failing"} 1.5`);
});

test('partitions are made ahead by the adapter`s own role, and health says how far', async () => {
  const partitioned = ['readings'];
  const days = async (workers: boolean) => {
    await using adapter = createSampleAdapter({ ...sample.options(), workers }, {}, { partitioned });
    const found = async () => (await adapter.health()).checks['partitions']!;
    if (!workers) return await found();
    await expect.poll(async () => (await found()).state, { timeout: 5000 }).toBe('up');
    expect((await adapter.health()).workers.slice(1)).toMatchObject([
      { name: 'partitions', state: 'running', restarts: 0 },
    ]);
    expect(await adapter.metrics.getSingleMetricAsString('adapter_partitions_ahead_days')).toMatch(
      /adapter_partitions_ahead_days\{[^}]*table="readings"\} \d+/,
    );
    return await found();
  };
  expect(await days(false)).toMatchObject({
    state: 'degraded',
    reason: expect.stringMatching(/^partitions end in \d+ days for readings$/),
  });
  const { facts } = await days(true);
  expect(facts!['readings days ahead']).toBeGreaterThan(80);
});
