import type { BaseAdapter } from '@tse/core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Boxed, type Subject, boxOf, errorOf } from './subject.ts';

/** Starting while a store is not there, or not as it has to be. */
export function startContract<A extends BaseAdapter>(subject: Subject<A>): void {
  const { calls } = subject;
  let box: Boxed<A>;
  beforeAll(async () => {
    box = await boxOf(subject);
  });
  afterEach(() => {
    box.postgres.heal();
    box.redis.heal();
  });
  afterAll(() => box[Symbol.asyncDispose]());

  test.each([
    ['PostgreSQL', ['postgres']],
    ['Redis', ['redis']],
    ['both stores', ['postgres', 'redis']],
  ] as const)('with %s down it starts, says so, waits, and works when all is there', async (_, stores) => {
    for (const store of stores) box[store].down();
    await using late = box.open('adapter');
    const down = Object.fromEntries(stores.map((store) => [store, { state: 'down' }]));
    await expect
      .poll(() => late.health(), { timeout: 10_000 })
      .toMatchObject({ status: stores[0] === 'postgres' ? 'unavailable' : 'degraded', ...down });
    if (stores[0] === 'postgres') expect(await errorOf(() => calls.read(late))).toMatchObject({ kind: 'unavailable' });
    expect(await errorOf(() => late.ready({ deadlineMs: 200 }))).toMatchObject({
      code: 'not-ready',
      details: { store: stores[0] },
    });

    const ready = late.ready({ deadlineMs: 15_000 });
    for (const store of stores) box[store].heal();
    await ready;
    await calls.read(late);
    await calls.write(late, `after-${stores.join('-')}`);
    await calls.live?.(late);
    await expect.poll(() => late.health(), { timeout: 10_000 }).toMatchObject({ status: 'healthy' });
  });

  test('what waiting cannot cure is told at once, with the cure', async () => {
    for (const store of ['postgres', 'redis'] as const) {
      await using wrong = box.open('adapter', { [store]: { password: 'a-wrong-password' }, workers: false });
      const error = await errorOf(() => wrong.ready());
      expect(error).toMatchObject({
        kind: 'unavailable',
        code: store === 'postgres' ? 'login-refused' : 'redis-login-refused',
      });
      expect(error?.message).toContain('tse migrate');
      if (store === 'postgres') expect(await errorOf(() => calls.read(wrong))).toMatchObject({ kind: 'unavailable' });
    }
  });
}
