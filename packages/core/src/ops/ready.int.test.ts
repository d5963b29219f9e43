import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { AdapterOptions } from '../pipe/config.ts';
import { caught, createSampleAdapter } from './test-adapter.ts';
import { gate } from './test-gate.ts';
import { type SampleInstance, sampleInstance } from './test-instance.ts';

const servers = inject('servers');
let sample: SampleInstance;
beforeAll(async () => {
  sample = await sampleInstance(servers);
});
afterAll(() => sample[Symbol.asyncDispose]());

test.concurrent('waits for stores that are down, and the first call after it is served though breakers were open', async ({
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

test.concurrent('is content with the store it cannot do without, where it is asked to be', async ({ expect }) => {
  await using redis = await gate(servers.redis, { closed: true });
  await using adapter = createSampleAdapter(sample.options({ redis: redis.port }));
  await adapter.ready({ degraded: true });
  expect(await adapter.health()).toMatchObject({ status: 'degraded', redis: { state: 'down' } });
  expect(await caught(adapter.ready({ deadlineMs: 200 }))).toMatchObject({
    details: { store: 'redis', found: 'redis-unavailable' },
  });
});

test.concurrent('ends with the reason of its signal', async ({ expect }) => {
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

test.concurrent.each([
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

test.concurrent('rejects at once where there is no password, no such database or no schema', async ({ expect }) => {
  const options = sample.options();
  const { password: _, ...noPassword } = options.postgres!;
  const noDatabase = new URL(servers.postgres);
  noDatabase.pathname = '/no-such-database';
  await using unmigrated = await sampleInstance(servers, { migrated: false });
  const cases: [AdapterOptions, string, RegExp][] = [
    [{ ...options, postgres: { ...noPassword, url: withoutPassword(servers.postgres) } }, 'login-refused', /_PASSWORD/],
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

function withoutPassword(url: string): string {
  const bare = new URL(url);
  bare.password = '';
  return bare.href;
}
