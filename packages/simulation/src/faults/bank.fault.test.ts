import { expect, test } from 'vitest';
import { findEventFaults, findLosses, findSecrets, idleTransactions, verifyIdentities } from './audit.ts';
import { openArena } from './arena.ts';
import { Bank, SYMBOL } from './bank.ts';
import { inject } from './injector.ts';

const seed = process.env['FAULT_SEED'] ?? String(Date.now());
const FAULTS = Number(process.env['FAULTS'] ?? 220);
const CALLERS = 12;

const percentile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

test(`through ${FAULTS} faults nothing acknowledged is lost, nothing happens twice, and no secret comes out`, async () => {
  console.log(`FAULT_SEED=${seed}`);
  await using arena = await openArena();
  const bank = new Bank(arena.exchange, seed);
  await bank.open();

  const stop = new AbortController();
  const running = bank.run(CALLERS, stop.signal);
  const injected = await inject(arena, seed, FAULTS, () => bank.lastSuccess).finally(() => {
    arena.toPostgres.heal();
    arena.toRedis.heal();
    stop.abort();
  });
  await running;
  await arena.exchange.ready();
  await arena.exchange.orderBooks.depth({ symbol: SYMBOL }, { fresh: true });

  const { operations, acknowledged, refused, resolved, unavailable } = bank.tally;
  const { recoveries } = injected;
  console.table(injected.byKind);
  console.log(
    `${injected.total} faults; ${operations} operations: ${acknowledged} acknowledged, ${refused} refused; ${resolved} unknown outcomes resolved, ${unavailable} times unavailable`,
  );
  console.log(
    `recovery after ${recoveries.length} outages: p50 ${percentile(recoveries, 0.5).toFixed(0)} ms, p95 ${percentile(recoveries, 0.95).toFixed(0)} ms, longest ${percentile(recoveries, 1).toFixed(0)} ms`,
  );

  expect(resolved).toBeGreaterThan(0);
  expect(acknowledged).toBeGreaterThan(FAULTS);
  expect(await findLosses(arena, bank.acknowledged)).toEqual([]);
  expect(await verifyIdentities(arena)).toEqual([]);
  await expect.poll(() => findEventFaults(arena), { timeout: 30_000, interval: 500 }).toEqual([]);
  expect(await idleTransactions(arena)).toBe(0);
  expect(await findSecrets(arena, bank)).toEqual([]);
  expect((await arena.exchange.health()).postgres.pool.waiting).toBe(0);
  expect(Math.max(...recoveries)).toBeLessThan(30_000);
});
