import { setTimeout as sleep } from 'node:timers/promises';
import { type BaseAdapter, isAdapterError } from '@tse/core';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Server, startPostgres, startRedis } from '../servers/index.ts';
import { type Boxed, type Subject, boxOf, errorOf } from './subject.ts';

const SOON = { timeout: 30_000, interval: 20 };
const WRITERS = 4;

/** Killed and emptied servers: durable ones, for this alone. */
export function recoveryContract<A extends BaseAdapter>(subject: Subject<A>): void {
  const { calls } = subject;
  let postgres: Server;
  let redis: Server;
  let box: Boxed<A>;
  beforeAll(async () => {
    const options = { purpose: 'test', durable: true, log: () => {} } as const;
    [postgres, redis] = await Promise.all([startPostgres(options), startRedis(options)]);
    box = await boxOf(subject, { servers: { postgres: postgres.adminUrl, redis: redis.adminUrl } });
  });
  afterAll(async () => {
    await box?.[Symbol.asyncDispose]();
    await Promise.all([postgres?.stop(), redis?.stop()]);
  });

  test('PostgreSQL is killed under writes: nothing acknowledged is lost, each is done once, and it goes on by itself', async () => {
    const stop = new AbortController();
    const acknowledged = new Map<string, unknown>();
    const writer = async (name: string): Promise<void> => {
      for (let i = 0; !stop.signal.aborted; i += 1) {
        const id = `${name}-${i}`;
        acknowledged.set(id, await untilAcknowledged(() => calls.write(box.adapter, id)));
      }
    };
    const writers = Promise.all(Array.from({ length: WRITERS }, (_, i) => writer(`writer-${i}`)));
    await sleep(200);
    await postgres.kill();
    await postgres.restart();
    const ms = await recoveryTime(() => calls.read(box.adapter));
    const before = acknowledged.size;
    await expect.poll(() => acknowledged.size, SOON).toBeGreaterThan(before + WRITERS);
    stop.abort();
    await writers;
    for (const [id, answer] of acknowledged) expect(await calls.write(box.adapter, id)).toEqual(answer);
    await healthyAgain(box);
    console.log(
      `  PostgreSQL was killed: answered again ${ms} ms after it was back; ${acknowledged.size} acknowledged writes are there`,
    );
  });

  test('Redis is killed: it goes on by itself', async () => {
    await redis.kill();
    await calls.read(box.adapter);
    await calls.write(box.adapter, 'while-redis-is-gone');
    await redis.restart();
    const ms = await recoveryTime(() => calls.live?.(box.adapter) ?? box.adapter.ready({ deadlineMs: 1000 }));
    await healthyAgain(box);
    console.log(`  Redis was killed: answered again ${ms} ms after it was back`);
  });

  test('Redis is emptied, its scripts too: what it held is built again, and nothing of PostgreSQL is missed', async () => {
    const kept = await calls.write(box.adapter, 'before-the-flush');
    const admin = new Redis(redis.adminUrl);
    await admin.flushall();
    await admin.script('FLUSH');
    admin.disconnect();
    expect(await calls.write(box.adapter, 'before-the-flush')).toEqual(kept);
    await expect.poll(() => errorOf(() => calls.read(box.adapter)), SOON).toBeUndefined();
    if (calls.live) await expect.poll(() => errorOf(() => calls.live!(box.adapter)), SOON).toBeUndefined();
    await healthyAgain(box);
  });
}

const healthyAgain = async ({ adapter }: { adapter: BaseAdapter }): Promise<void> => {
  await expect
    .poll(() => adapter.health(), SOON)
    .toMatchObject({ status: 'healthy', postgres: { breaker: 'closed' }, redis: { breaker: 'closed' } });
};

/** As a service does it: again, with the same id, for as long as it takes. */
async function untilAcknowledged(write: () => PromiseLike<unknown>): Promise<unknown> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isAdapterError(error) || (error.kind !== 'unavailable' && error.kind !== 'outcome-unknown')) throw error;
      await sleep(20);
    }
  }
}

async function recoveryTime(call: () => PromiseLike<unknown>): Promise<number> {
  const started = performance.now();
  await expect.poll(() => errorOf(call), SOON).toBeUndefined();
  return Math.round(performance.now() - started);
}
