import { isAdapterError } from '@tse/core';
import { expect, test } from 'vitest';
import { openArena } from './arena.ts';

test.each(['postgres', 'redis'] as const)(
  'without %s an adapter starts, says so, waits for it, and recovers by itself',
  async (store) => {
    await using arena = await openArena();
    const proxy = store === 'postgres' ? arena.toPostgres : arena.toRedis;
    const down = proxy.down();
    const exchange = arena.open();
    const said = store === 'postgres' ? 'unavailable' : 'degraded';
    await expect.poll(async () => (await exchange.health()).status, { timeout: 10_000 }).toBe(said);
    expect((await exchange.health())[store].state).toBe('down');

    const reading = exchange.markets.list().then(
      () => 'read',
      (error: unknown) => (isAdapterError(error) ? error.kind : 'untyped'),
    );
    expect(await reading).toBe(store === 'postgres' ? 'unavailable' : 'read');
    await expect(exchange.ready({ deadlineMs: 300 })).rejects.toMatchObject({ kind: 'unavailable' });

    const becoming = exchange.ready({ deadlineMs: 20_000 });
    down[Symbol.dispose]();
    await becoming;
    expect((await exchange.markets.list()).items).toEqual([]);
    await expect.poll(async () => (await exchange.health()).status, { timeout: 20_000 }).toBe('healthy');
  },
);

test('a wrong password is told at once, with the cure, and never shown', async () => {
  await using arena = await openArena();
  const exchange = arena.open('not-the-password');
  const started = performance.now();
  const error = await exchange.ready({ deadlineMs: 20_000 }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'login-refused' });
  expect(String(error)).not.toContain('not-the-password');
  expect(performance.now() - started).toBeLessThan(10_000);
});
