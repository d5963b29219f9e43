import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { defineEvents } from '../events/event.ts';
import { currentContext, withContext, writeContext } from '../pipe/context.ts';
import { operation } from '../pipe/run.ts';
import { contextLiteral } from '../postgres/codecs.ts';
import { queryBuilder, statement } from '../postgres/statement.ts';
import { type Mounted, openAdapter } from './open-adapter.ts';
import { type SampleInstance, families, gate, identity, minSchema, sampleInstance } from './test-adapter.ts';
import type { AdapterOptions } from '../pipe/config.ts';

const servers = inject('servers');
let sample: SampleInstance;
beforeAll(async () => {
  sample = await sampleInstance(servers);
});
afterAll(() => sample[Symbol.asyncDispose]());

const writeNote = statement('notes.write', 'write', (p: { id: string }) => ({
  compile: () => sql`insert into notes (id, body) values (${p.id}, 'x')`.compile(queryBuilder()),
}));
const slowly = statement('notes.slowly', 'read', () => ({
  compile: () => sql`select pg_sleep(0.4)`.compile(queryBuilder()),
}));
const tell = statement('notes.tell', 'write', (p: { id: string; eventId: string; at: string; context: string }) => ({
  compile: () =>
    sql`select append_event(${p.eventId}, 'note.written', 'note', ${p.id}, 1, '{"body":"x"}', ${p.at}::timestamptz,
      ${p.context}::write_context)`.compile(queryBuilder()),
}));
const events = defineEvents(identity, {
  'note.written': { payload: z.object({ body: z.string() }), example: { body: 'x' } },
});
const operations = {
  write: operation('sample.notes.write', z.strictObject({ id: z.string() }), ({ id }) => id),
  slowly: operation('sample.notes.slowly', z.strictObject({})),
};

function createSampleAdapter(
  options: AdapterOptions,
  mounted: Mounted = {},
  more: { redisFirst?: boolean; partitioned?: string[] } = {},
) {
  const { context, keys, mount } = openAdapter({
    identity,
    families,
    minSchema,
    options: { workers: Boolean(mounted.workers), ...options },
    ...more,
  });
  const base = mount(mounted);
  const told = (id: string) => ({
    id,
    eventId: context.ids.next(),
    at: context.clock.now(),
    context: contextLiteral(writeContext()),
  });
  return {
    ...base,
    context,
    keys,
    write: (id: string) =>
      context.run(operations.write, { id }, undefined, (input) => context.pg.run(writeNote, input)),
    writeAndTell: (id: string) =>
      context.run(operations.write, { id }, undefined, () =>
        context.pg.transaction('notes.write-and-tell', async (tx) => {
          await tx.run(writeNote, { id });
          await tx.run(tell, told(id));
        }),
      ),
    slowly: () => context.run(operations.slowly, {}, undefined, () => context.pg.many(slowly, {})),
  };
}
const caught = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as Error & Record<string, unknown>,
  );

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

describe.concurrent('ready', () => {
  test('waits for stores that are down, and the first call after it is served though breakers were open', async ({
    expect,
  }) => {
    await using postgres = await gate(servers.postgres, { closed: true });
    await using redis = await gate(servers.redis, { closed: true });
    await using adapter = createSampleAdapter(sample.options({ postgres: postgres.port, redis: redis.port }));
    await Promise.allSettled(Array.from({ length: 60 }, (_, i) => adapter.write(`down-${i}`)));
    expect(adapter.context.pg.breaker).toBe('open');
    expect(await caught(adapter.ready({ deadlineMs: 300 }))).toMatchObject({
      kind: 'unavailable',
      code: 'not-ready',
      details: { store: 'postgres' },
    });
    expect(await adapter.health()).toMatchObject({
      status: 'unavailable',
      postgres: { state: 'down', lastErrorClass: 'postgres-unavailable' },
      redis: { state: 'down' },
    });

    const ready = adapter.ready();
    await sleep(200);
    postgres.open();
    redis.open();
    await ready;
    expect(await adapter.write('after')).toBe(1);
    expect(await adapter.context.redis.read('test', (client) => client.get(adapter.keys.note('n')))).toBeNull();
  });

  test('is content with the store it cannot do without, where it is asked to be', async ({ expect }) => {
    await using redis = await gate(servers.redis, { closed: true });
    await using adapter = createSampleAdapter(sample.options({ redis: redis.port }));
    await adapter.ready({ degraded: true });
    expect(await adapter.health()).toMatchObject({ status: 'degraded', redis: { state: 'down' } });
    expect(await caught(adapter.ready({ deadlineMs: 200 }))).toMatchObject({
      details: { store: 'redis', found: 'redis-unavailable' },
    });
  });

  test('ends with the reason of its signal', async ({ expect }) => {
    await using postgres = await gate(servers.postgres, { closed: true });
    await using adapter = createSampleAdapter(sample.options({ postgres: postgres.port }));
    const reason = new Error('enough');
    expect(await caught(adapter.ready({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    const controller = new AbortController();
    const waiting = caught(adapter.ready({ signal: controller.signal }));
    await sleep(50);
    controller.abort(reason);
    expect(await waiting).toBe(reason);
  });

  test.each([
    [
      'a wrong password of PostgreSQL',
      { postgres: { password: 'wrong' } },
      'login-refused',
      /SAMPLE_T\w+_POSTGRES_PASSWORD.*tse migrate sample/,
    ],
    [
      'a wrong password of Redis',
      { redis: { password: 'wrong' } },
      'redis-login-refused',
      /SAMPLE_T\w+_REDIS_PASSWORD.*tse migrate sample/,
    ],
    ['a user that does not exist', { redis: { user: 'nobody' } }, 'redis-login-refused', /tse migrate/],
  ] as const)('rejects at once on %s, with the cure', async (_, wrong, code, cure) => {
    const options = sample.options();
    await using adapter = createSampleAdapter({
      ...options,
      postgres: { ...options.postgres, ...('postgres' in wrong && wrong.postgres) },
      redis: { ...options.redis, ...('redis' in wrong && wrong.redis) },
    });
    const error = await caught(adapter.ready());
    expect(error).toMatchObject({ kind: 'unavailable', code });
    expect(error!.message).toMatch(cure);
    expect(JSON.stringify(error)).not.toContain('wrong');
  });

  test('rejects at once where there is no password, no such database or no schema', async ({ expect }) => {
    const options = sample.options();
    const { password: _, ...noPassword } = options.postgres!;
    const noDatabase = new URL(servers.postgres);
    noDatabase.pathname = '/no-such-database';
    await using unmigrated = await sampleInstance(servers, { migrated: false });
    const cases: [AdapterOptions, string, RegExp][] = [
      [
        { ...options, postgres: { ...noPassword, url: withoutPassword(servers.postgres) } },
        'login-refused',
        /_PASSWORD/,
      ],
      [{ ...options, postgres: { ...options.postgres, url: noDatabase.href } }, 'database-missing', /POSTGRES_URL/],
      [unmigrated.options(), 'schema-outdated', /tse migrate/],
    ];
    for (const [wrong, code, cure] of cases) {
      await using adapter = createSampleAdapter(wrong);
      const error = await caught(adapter.ready());
      expect(error).toMatchObject({ code });
      expect(error!.message).toMatch(cure);
    }
    await using adapter = createSampleAdapter(unmigrated.options());
    expect(await adapter.health()).toMatchObject({ status: 'unavailable', checks: { schema: { state: 'down' } } });
  });
});

describe.concurrent('health', () => {
  test('answers within its deadline when the stores hang, and is itself again when they do not', async ({ expect }) => {
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

  test('a hundred questions at once are one, and its answer is kept for a second', async ({ expect }) => {
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

  test('a check that hangs or throws is unknown, one that is down makes the adapter unavailable', async ({
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

  test('a drained pool is degraded, not down', async ({ expect }) => {
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
});

describe.concurrent('workers', () => {
  const beat = (name: string, runs: string[]) => ({
    name,
    run: async (signal: AbortSignal) => {
      runs.push(name);
      await sleep(60_000, undefined, { signal, ref: false }).catch(() => {});
    },
  });

  test('the setting selects all, none, or some by name', async ({ expect }) => {
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

  test('one that fails is run again, is named in health and metrics, and harms nothing else', async ({ expect }) => {
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
    return await found();
  };
  expect(await days(false)).toMatchObject({
    state: 'degraded',
    reason: expect.stringMatching(/^partitions end in \d+ days for readings$/),
  });
  const { facts } = await days(true);
  expect(facts!['readings days ahead']).toBeGreaterThan(80);
});

describe.concurrent('close', () => {
  test('refuses new calls, waits for those in flight, ends workers, flushes, and deregisters', async ({ expect }) => {
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

  test('gives back its leases, and ends the calls that wait for one', async ({ expect }) => {
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

  test('ends by its deadline whatever hangs', async ({ expect }) => {
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

  test('leaves nothing that keeps a process alive', async ({ expect }) => {
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

  test('an adapter that was never used closes too', async () => {
    await createSampleAdapter(sample.options()).close();
  });
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

function withoutPassword(url: string): string {
  const bare = new URL(url);
  bare.password = '';
  return bare.href;
}
