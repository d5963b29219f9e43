import { isAdapterError } from '@tse/core';
import { expect, test } from 'vitest';
import { openArena } from './arena.ts';
import { findSecrets } from './find-secrets.ts';

const stores = ['postgres', 'redis'] as const;
const READ_WITHIN_MS = 5000;

test.each([
  { what: 'PostgreSQL', down: ['postgres'], status: 'unavailable', reading: 'unavailable' },
  { what: 'Redis', down: ['redis'], status: 'degraded', reading: 'read' },
  { what: 'both', down: ['postgres', 'redis'], status: 'unavailable', reading: 'unavailable' },
] as const)(
  'without $what an adapter starts, says so, waits, and recovers by itself',
  async ({ what, down, status, reading }) => {
    await using arena = await openArena();
    for (const store of down) await arena[store].kill('SIGKILL');
    const exchange = arena.open();

    const poll = { timeout: 10_000 };
    await expect.poll(async () => (await exchange.health()).status, poll).toBe(status);
    const health = await exchange.health();
    for (const store of stores)
      expect(health[store].state).toBe((down as readonly string[]).includes(store) ? 'down' : 'up');
    expect(health.reasons.join('\n')).toContain(`${down[0]} is down`);

    const errors: unknown[] = [];
    const read = () =>
      exchange.markets.list({}, { deadlineMs: READ_WITHIN_MS }).then(
        () => 'read',
        (error: unknown) => (errors.push(error), isAdapterError(error) ? error.kind : 'untyped'),
      );
    expect(await read()).toBe(reading);
    const late = await exchange.ready({ deadlineMs: 300 }).catch((error: unknown) => error);
    expect(late).toMatchObject({ kind: 'unavailable', code: 'not-ready' });
    errors.push(late);

    let ready = false;
    const becoming = exchange.ready({ deadlineMs: 60_000 }).then(() => (ready = true));
    for (const store of down) {
      expect(ready).toBe(false);
      await arena[store].restart();
    }
    const back = performance.now();
    await becoming;
    console.log(`without ${what}: ready ${Math.round(performance.now() - back)} ms after what was down is back`);
    expect(await read()).toBe('read');
    await expect.poll(async () => (await exchange.health()).reasons, { timeout: 20_000 }).toEqual([]);
    expect(await findSecrets(arena, [exchange], errors)).toEqual([]);
  },
);

test.each(stores)('a wrong password of %s is told at once, with the cure, and never shown', async (store) => {
  await using arena = await openArena();
  const password = 'not-the-password-at-all';
  const exchange = arena.open({ [store]: password });
  const error = await exchange.ready({ deadlineMs: 60_000 }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: store === 'postgres' ? 'login-refused' : 'redis-login-refused' });
  expect((error as Error).message).toContain(`EXCHANGE_${store.toUpperCase()}_PASSWORD`);
  expect((error as Error).message).toContain('tse migrate exchange');
  expect(await findSecrets({ ...arena, secrets: [...arena.secrets, password] }, [exchange], [error])).toEqual([]);
});
