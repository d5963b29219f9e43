import type { BaseAdapter } from '@tse/core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Boxed, type Subject, boxOf, errorOf } from './subject.ts';

const SOON = { timeout: 10_000 };

/** Health, and what works without one of the stores. */
export function healthContract<A extends BaseAdapter>(subject: Subject<A>): void {
  const { calls } = subject;
  let box: Boxed<A>;
  beforeAll(async () => {
    box = await boxOf(subject);
  });
  afterEach(async () => {
    box.postgres.heal();
    box.redis.heal();
    await box.adapter.ready({ deadlineMs: 10_000 });
    await expect.poll(() => box.adapter.health(), SOON).toMatchObject({ status: 'healthy' });
  });
  afterAll(() => box[Symbol.asyncDispose]());

  test('says of each store, check and worker how it is', async () => {
    const { identity } = box.adapter;
    await expect
      .poll(() => box.adapter.health(), SOON)
      .toMatchObject({
        adapter: identity.name,
        instance: identity.label,
        status: 'healthy',
        reasons: [],
        checkedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        postgres: { state: 'up', breaker: 'closed', latencyMs: expect.any(Number), pool: { max: expect.any(Number) } },
        redis: { state: 'up', breaker: 'closed', latencyMs: expect.any(Number) },
        checks: {
          schema: {
            state: 'up',
            facts: { version: expect.stringContaining(subject.create.definition.minSchema?.slice(0, 4) ?? '') },
          },
        },
      });
    const health = await box.adapter.health();
    expect(health.workers.filter(({ state }) => state !== 'running')).toEqual([]);
    expect(JSON.parse(JSON.stringify(health))).toEqual(health);
  });

  test('without Redis it is degraded, and PostgreSQL is read and written all the same', async () => {
    using _ = box.redis.down();
    await expect
      .poll(() => box.adapter.health(), SOON)
      .toMatchObject({ status: 'degraded', postgres: { state: 'up' }, redis: { state: 'down' } });
    const written = await calls.write(box.adapter, 'without-redis');
    await calls.read(box.adapter);
    expect(await calls.write(box.adapter, 'without-redis')).toEqual(written);
    if (calls.live) expect(await errorOf(() => calls.live!(box.adapter))).toMatchObject({ kind: 'unavailable' });
  });

  test('without PostgreSQL it is unavailable, and says so at each call that needs it', async () => {
    using _ = box.postgres.down();
    await expect
      .poll(() => box.adapter.health(), SOON)
      .toMatchObject({ status: 'unavailable', postgres: { state: 'down' }, redis: { state: 'up' } });
    expect((await box.adapter.health()).reasons.join()).toContain('postgres');
    const refused = { kind: 'unavailable', retryAfterMs: expect.any(Number) };
    expect(await errorOf(() => calls.read(box.adapter))).toMatchObject(refused);
    expect(await errorOf(() => calls.write(box.adapter, 'without-postgres'))).toMatchObject(refused);
    if (calls.live) await calls.live(box.adapter);
  });

  test('answers while both stores hang', async () => {
    using _ = box.postgres.blackhole();
    using __ = box.redis.blackhole();
    await expect
      .poll(() => box.adapter.health(), SOON)
      .toMatchObject({ status: 'unavailable', postgres: { state: 'down' }, redis: { state: 'down' } });
  });
}
