import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openAdapter } from './open-adapter.ts';
import { type Service, type ServiceOptions, runService } from './run-service.ts';
import { gate } from './test-gate.ts';
import { type SampleInstance, families, identity, minSchema, sampleInstance } from './test-instance.ts';
import type { AdapterOptions } from '../pipe/config.ts';
import type { BaseAdapter } from './base-adapter.ts';

const servers = inject('servers');
let sample: SampleInstance;
beforeAll(async () => {
  sample = await sampleInstance(servers);
});
afterAll(() => sample[Symbol.asyncDispose]());

type SampleAdapters = { sample: BaseAdapter };
const open = (options: AdapterOptions) => openAdapter({ identity, families, minSchema, options }).mount();

interface Run {
  service: Service<SampleAdapters>;
  codes: number[];
  lines: string[];
  done: Promise<number>;
  status(path: string): Promise<number>;
}

/** Runs a service in this process, up to the call of `main`. */
function start(
  options: Partial<ServiceOptions<SampleAdapters>>,
  main: (service: Service<SampleAdapters>) => Promise<void> | void = () => {},
): Promise<Run> {
  const codes: number[] = [];
  const lines: string[] = [];
  const logger = pino(new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }));
  return new Promise((resolve) => {
    const done = runService(
      {
        name: 'sampler',
        opsPort: 0,
        adapters: { sample: open(sample.options()) },
        settleMs: 0,
        logger,
        exit: (code) => codes.push(code),
        ...options,
      },
      (service) => {
        const status = async (path: string) => (await fetch(`http://127.0.0.1:${service.opsPort}${path}`)).status;
        resolve({ service, codes, lines, done, status });
        return main(service);
      },
    );
  });
}
const disposable = (name: string, order: string[]): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => void order.push(name),
});

test('a signal: not ready, a pause, the abort, what was used in reverse, the adapters, exit code 0', async () => {
  const order: string[] = [];
  const run = await start({ settleMs: 200 }, (service) => {
    service.use(disposable('first', order));
    service.use({ [Symbol.dispose]: () => void order.push('second') });
    const third = disposable('third', order);
    if (service.use(third) !== third) order.push('another');
    service.signal.addEventListener('abort', () => order.push('abort'));
  });
  await expect.poll(() => run.status('/readyz'), { timeout: 4000 }).toBe(200);
  process.emit('SIGTERM', 'SIGTERM');
  expect(await run.status('/readyz')).toBe(503);
  expect(await run.status('/livez')).toBe(200);
  expect(order).toEqual([]);
  expect(await run.done).toBe(0);
  expect(order).toEqual(['abort', 'third', 'second', 'first']);
  expect(run.codes).toEqual([0]);
  await expect(run.service.adapters.sample.services.list()).rejects.toMatchObject({ code: 'adapter-closed' });
  await expect(run.status('/livez')).rejects.toThrow();
});

test('it is not ready while main sets it up', async () => {
  let finish = () => {};
  const run = await start({}, () => new Promise<void>((resolve) => (finish = resolve)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await run.status('/readyz')).toBe(503);
  finish();
  await expect.poll(() => run.status('/readyz'), { timeout: 4000 }).toBe(200);
  process.emit('SIGINT', 'SIGINT');
  expect(await run.done).toBe(0);
});

test('a second signal ends it at once, and listeners are gone afterwards', async () => {
  const before = process.listenerCount('SIGTERM');
  const run = await start({ settleMs: 60_000, deadlineMs: 120_000 });
  process.emit('SIGTERM', 'SIGTERM');
  process.emit('SIGTERM', 'SIGTERM');
  expect(await run.done).toBe(1);
  expect(process.listenerCount('SIGTERM')).toBe(before);
  await run.service.adapters.sample.close();
});

test('a main that fails stops it in order with exit code 1, and its error is logged without its text', async () => {
  const order: string[] = [];
  const run = await start({}, async (service) => {
    service.use(disposable('used', order));
    await Promise.reject(Object.assign(new Error('password=hunter2'), { detail: 'hunter2' }));
  });
  expect(await run.done).toBe(1);
  expect(order).toEqual(['used']);
  expect(run.lines.join('')).toContain('could not start');
  expect(run.lines.join('')).not.toContain('hunter2');
});

test('what hangs does not keep it beyond its budget, and what fails to be disposed of does not stop the rest', async () => {
  const order: string[] = [];
  const run = await start({ deadlineMs: 800 }, (service) => {
    service.use(disposable('first', order));
    service.use({
      [Symbol.dispose]: () => {
        throw new Error('no');
      },
    });
    void service.signal;
  });
  process.emit('SIGTERM', 'SIGTERM');
  expect(await run.done).toBe(0);
  expect(order).toEqual(['first']);

  const stuck = await start(
    { deadlineMs: 800 },
    (service) => void service.use({ [Symbol.asyncDispose]: () => new Promise<void>(() => {}) }),
  );
  process.emit('SIGTERM', 'SIGTERM');
  expect(await stuck.done).toBe(0);
  expect(stuck.lines.join('')).toContain('not disposed of in time');
});

test('stores that are down at the start are waited for: it is alive, not ready, and starts when they are there', async () => {
  await using postgres = await gate(servers.postgres, { closed: true });
  const lines: string[] = [];
  const logger = pino(new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }));
  let started = false;
  const done = runService(
    {
      name: 'early',
      opsPort: 0,
      adapters: { sample: open({ ...sample.options({ postgres: postgres.port }), logger }) },
      settleMs: 0,
      logger,
      exit: () => {},
    },
    () => void (started = true),
  );
  const port = () => Number(/"opsPort":(\d+)/.exec(lines.join(''))?.[1]);
  await expect.poll(port).toBeGreaterThan(0);
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${port()}${path}`)).status;
  expect([await status('/livez'), await status('/readyz')]).toEqual([200, 503]);
  expect(started).toBe(false);
  await expect.poll(() => lines.join('')).toContain('postgres is down: postgres-unavailable');
  postgres.open();
  await expect.poll(() => status('/readyz'), { timeout: 8000 }).toBe(200);
  expect(started).toBe(true);
  process.emit('SIGTERM', 'SIGTERM');
  expect(await done).toBe(0);
});

test('a wrong password ends it at once with the cure', async () => {
  const lines: string[] = [];
  const logger = pino(new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }));
  const options = sample.options();
  const adapters = { sample: open({ ...options, postgres: { ...options.postgres, password: 'wrong-canary' } }) };
  const code = await runService({ name: 'refused', opsPort: 0, adapters, logger, exit: () => {} }, () => {});
  expect(code).toBe(1);
  expect(lines.join('')).toMatch(/tse migrate sample/);
  expect(lines.join('')).not.toContain('wrong-canary');
});

test('a port that is taken is named', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, resolve));
  const { port } = taken.address() as { port: number };
  const lines: string[] = [];
  const logger = pino(new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }));
  expect(await runService({ name: 'second', opsPort: port, adapters: {}, logger, exit: () => {} }, () => {})).toBe(1);
  expect(lines.join('')).toContain(`port ${port} is taken`);
  await new Promise((resolve) => taken.close(resolve));
});

const program = (main: string) => `
  import { openAdapter, runService } from '@tse/core';
  const options = JSON.parse(process.env.SAMPLE_OPTIONS);
  const sample = openAdapter({ ...JSON.parse(process.env.SAMPLE_OPENING), options }).mount();
  void runService({ name: 'child', opsPort: 0, adapters: { sample }, settleMs: 50, deadlineMs: 5000 }, ${main});
`;

async function child(main: string, signal?: NodeJS.Signals): Promise<{ code: number | null; output: string }> {
  const { logger: _, ...options } = sample.options();
  const running = spawn(process.execPath, ['--conditions=@tse/source', '--input-type=module', '-e', program(main)], {
    cwd: import.meta.dirname,
    env: {
      ...process.env,
      SAMPLE_OPTIONS: JSON.stringify(options),
      SAMPLE_OPENING: JSON.stringify({ identity, families, minSchema }),
    },
  });
  let output = '';
  running.stdout.on('data', (chunk) => {
    output += String(chunk);
    if (signal && output.includes('"started"') && !output.includes('stopping')) running.kill(signal);
  });
  running.stderr.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve) => running.on('close', (code) => resolve({ code, output })));
}

test('as a process: a real SIGTERM ends with 0, an uncaught error and an unhandled rejection with 1, all in order', async () => {
  const used = `service.use({ [Symbol.dispose]: () => service.log.info('disposed') });`;
  const [terminated, thrown, rejected] = await Promise.all([
    child(`(service) => { ${used} }`, 'SIGTERM'),
    child(`(service) => { ${used} setTimeout(() => { throw new TypeError('hunter2'); }, 100); }`),
    child(`(service) => { ${used} setTimeout(() => void Promise.reject(new TypeError('hunter2')), 100); }`),
  ]);
  expect([terminated.code, thrown.code, rejected.code]).toEqual([0, 1, 1]);
  for (const { output } of [terminated, thrown, rejected]) {
    expect(output).toMatch(/disposed[^]*stopped/);
    expect(output).not.toContain('hunter2');
  }
  expect(thrown.output).toMatch(/"err":\{"class":"TypeError"\}.*uncaught error/);
});
