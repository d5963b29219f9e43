import { expect, test } from 'vitest';
import { openArena } from './arena.ts';
import { Bank, SYMBOL } from './bank.ts';
import { EventLog } from './event-log.ts';
import { findEventFaults } from './find-event-faults.ts';
import { findLosses } from './find-losses.ts';
import { findSecrets } from './find-secrets.ts';
import { findBrokenIdentities, findStaleBalances, findUnrest } from './find-unrest.ts';
import { RECOVERED_WITHIN_MS, inject } from './injector.ts';
import { LiveCallers } from './live-callers.ts';
import { recoveriesOf, reportOf, struckOf } from './report.ts';
import { tellerAt } from './until-known.ts';

const seed = process.env['FAULT_SEED'] || String(Date.now());
const FAULTS = Number(process.env['FAULTS'] || 250);
const CALLERS = 12;
const settled = { timeout: 30_000, interval: 500 };

test(`through ${FAULTS} faults nothing acknowledged is lost, nothing happens twice, and no secret comes out`, async () => {
  console.log(`FAULT_SEED=${seed}`);
  await using arena = await openArena();
  const exchanges = [arena.open(), arena.open()] as const;
  const tellers = exchanges.map(tellerAt);
  const bank = new Bank(tellers, seed);
  const live = new LiveCallers(tellers);
  await bank.open(exchanges[0]);
  await using log = new EventLog(exchanges[1]);

  const started = performance.now();
  const stop = new AbortController();
  const end = () => stop.abort();
  const [faults, ...callers] = await Promise.allSettled([
    inject(arena, tellers, { seed, count: FAULTS, signal: stop.signal }).finally(() => {
      arena.toPostgres.heal();
      arena.toRedis.heal();
      end();
    }),
    bank.run(CALLERS, stop.signal).finally(end),
    live.run(stop.signal).finally(end),
  ]);
  for (const ended of [...callers, faults]) if (ended.status === 'rejected') throw ended.reason;
  const injected = (faults as PromiseFulfilledResult<Awaited<ReturnType<typeof inject>>>).value;
  console.log(reportOf(injected, bank.known.tally, (performance.now() - started) / 1000));
  for (const exchange of exchanges) await exchange.ready({ deadlineMs: 30_000 });
  await exchanges[0].orderBooks.depth({ symbol: SYMBOL }, { fresh: true });

  const { tally, errors, misnamed } = bank.known;
  expect(struckOf(injected)).toBe(FAULTS);
  expect(tally.acknowledged).toBeGreaterThan(10 * FAULTS);
  expect(tally.unknownThenDone).toBeGreaterThan(0);
  expect(Object.keys(tally.refused)).toEqual(['insufficient-funds']);
  expect(misnamed).toEqual([]);

  expect(await findLosses(arena, bank.acknowledged)).toEqual([]);
  expect(await findBrokenIdentities(arena)).toEqual([]);
  await expect.poll(() => findEventFaults(arena, log.ids), settled).toEqual([]);
  expect(log.faults).toEqual([]);
  for (const exchange of exchanges)
    await expect.poll(() => findStaleBalances(exchange, bank.acknowledged), settled).toEqual([]);
  await expect.poll(() => findUnrest(arena, exchanges), settled).toEqual([]);
  expect(await findSecrets(arena, exchanges, [...errors, ...live.errors])).toEqual([]);
  expect(Math.max(...recoveriesOf(injected))).toBeLessThan(RECOVERED_WITHIN_MS);
});
