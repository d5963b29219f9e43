import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, inject, test } from 'vitest';
import { caught, createSampleAdapter } from './test-adapter.ts';
import { gate } from './test-gate.ts';
import { type SampleInstance, families, identity, minSchema, sampleInstance } from './test-instance.ts';

const servers = inject('servers');
let sample: SampleInstance;
beforeAll(async () => {
  sample = await sampleInstance(servers);
});
afterAll(() => sample[Symbol.asyncDispose]());

test.concurrent('refuses new calls, waits for those in flight, ends workers, flushes, and deregisters', async ({
  expect,
}) => {
  const order: string[] = [];
  const worker = {
    name: 'tidy',
    run: async (signal: AbortSignal) => {
      await sleep(60_000, undefined, { signal, ref: false }).catch(() => {});
      order.push('worker');
    },
  };
  const adapter = createSampleAdapter(sample.options(), {
    workers: [worker],
    flush: [async () => void order.push('flush')],
  });
  await adapter.ready();
  const { id } = await adapter.services.register({ name: 'closing', version: '1', host: 'h' });
  const running = adapter.slowly().then(() => order.push('call'));
  await sleep(20);
  const closing = adapter.close();
  expect(await caught(adapter.write('late'))).toMatchObject({ code: 'adapter-closed' });
  await closing;
  await running;
  expect(order).toEqual(['worker', 'call', 'flush']);
  await using other = createSampleAdapter(sample.options());
  expect(await other.services.find(id)).toBeUndefined();
});

test.concurrent('gives back its leases, and ends the calls that wait for one', async ({ expect }) => {
  const one = createSampleAdapter(sample.options());
  await using two = createSampleAdapter(sample.options());
  const lease = await one.leases.hold('matching/BTC-USD');
  const waiting = two.leases.hold('matching/BTC-USD');
  const impatient = caught(one.leases.hold('matching/BTC-USD'));
  await sleep(50);
  await one.close();
  expect(lease.signal.aborted).toBe(true);
  expect(await impatient).toMatchObject({ code: 'adapter-closed' });
  expect((await waiting).fence).toBeGreaterThan(lease.fence);
});

test.concurrent('ends by its deadline whatever hangs', async ({ expect }) => {
  await using postgres = await gate(servers.postgres);
  await using redis = await gate(servers.redis);
  const adapter = createSampleAdapter(sample.options({ postgres: postgres.port, redis: redis.port }), {
    workers: [{ name: 'deaf', run: () => new Promise(() => {}) }],
    flush: [() => new Promise(() => {})],
  });
  await adapter.ready();
  postgres.swallow();
  redis.swallow();
  const hanging = caught(adapter.slowly());
  await sleep(20);
  const started = performance.now();
  await adapter.close({ deadlineMs: 500 });
  expect(performance.now() - started).toBeLessThan(4000);
  expect(await hanging).toMatchObject({ kind: 'unavailable' });
});

test.concurrent('leaves nothing that keeps a process alive', async ({ expect }) => {
  const { logger: _, ...options } = sample.options();
  const program = `
    import { openAdapter } from '@tse/core';
    const worker = { name: 'idle', run: (signal) => new Promise((resolve) => signal.addEventListener('abort', resolve)) };
    const base = openAdapter(${JSON.stringify({ identity, families, minSchema, options })}).mount({ workers: [worker] });
    await base.ready();
    await base.services.register({ name: 'child', version: '1', host: 'h' });
    await base.close();
  `;
  const child = spawn(process.execPath, ['--conditions=@tse/source', '--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise((resolve) => {
    child.on('exit', resolve);
    setTimeout(() => child.kill('SIGKILL'), 15_000).unref();
  });
  expect(code).toBe(0);
});

test.concurrent('an adapter that was never used closes too', async () => {
  await createSampleAdapter(sample.options()).close();
});
