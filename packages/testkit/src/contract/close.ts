import type { BaseAdapter } from '@tse/core';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withPostgres } from './stored-state.ts';
import { type Boxed, type Subject, boxOf, errorOf } from './subject.ts';

/** Closing. */
export function closeContract<A extends BaseAdapter>(subject: Subject<A>): void {
  const { calls } = subject;
  let box: Boxed<A>;
  beforeAll(async () => {
    box = await boxOf(subject, { options: { workers: false } });
    await box.adapter.close();
  });
  afterAll(() => box[Symbol.asyncDispose]());

  const connections = async (): Promise<{ postgres: number; redis: number }> => {
    const { roles, aclUser } = box.adapter.identity;
    const postgres = await withPostgres(box.admin.postgresUrl, async (client) => {
      const { rows } = await client.query<{ n: number }>(
        'select count(*)::int as n from pg_stat_activity where usename = $1',
        [roles.adapter],
      );
      return rows[0]!.n;
    });
    const redis = new Redis(box.admin.redisUrl);
    const clients = String(await redis.client('LIST')).split('\n');
    redis.disconnect();
    return { postgres, redis: clients.filter((line) => line.includes(`user=${aclUser} `)).length };
  };

  test('lets what is in flight end, refuses what comes after, and leaves no connection', async () => {
    const adapter = box.open('adapter', { workers: true });
    await adapter.ready();
    const inFlight = Array.from({ length: 8 }, (_, i) => calls.write(adapter, `closing-${i}`));
    const closed = adapter.close();
    const refused = { kind: 'unavailable', code: 'adapter-closed' };
    expect(await errorOf(() => calls.write(adapter, 'too-late'))).toMatchObject(refused);
    expect((await Promise.allSettled(inFlight)).map(({ status }) => status)).toEqual(Array(8).fill('fulfilled'));
    await closed;
    for (const call of [calls.read, calls.live].filter((each) => each !== undefined))
      expect(await errorOf(() => call(adapter))).toMatchObject(refused);
    await adapter.close();
    await expect.poll(connections).toEqual({ postgres: 0, redis: 0 });
    await using next = box.open('adapter');
    for (let i = 0; i < 8; i += 1) expect(await calls.write(next, `closing-${i}`)).toEqual(await inFlight[i]);
  });

  test('an adapter that was never used closes at once', async () => {
    await box.open('adapter', { workers: false }).close();
  });

  test.each([
    ['gone', 'down'],
    ['hanging', 'blackhole'],
  ] as const)('ends with both stores %s', async (_, fault) => {
    const adapter = box.open('adapter', { workers: true });
    await adapter.ready();
    const hanging = Array.from({ length: 4 }, (_, i) => errorOf(() => calls.write(adapter, `hanging-${fault}-${i}`)));
    using __ = box.postgres[fault]();
    using ___ = box.redis[fault]();
    let isClosed = false;
    const closed = adapter.close({ deadlineMs: 500 }).then(() => (isClosed = true));
    await expect.poll(() => isClosed, { timeout: 10_000 }).toBe(true);
    await Promise.all([closed, ...hanging]);
  });
}
