import { setTimeout as sleep } from 'node:timers/promises';
import { type LeaseRepository, type Worker, isAdapterError } from '@tse/core';
import type { LiveArchive } from './live-archive.ts';

const EVERY_MS = 100;
/** What other processes wrote is looked for now and again. */
const SWEEP_EVERY_MS = 2000;

/** Moves live data to PostgreSQL; one of all processes is active. */
export function archiveLive(
  leases: LeaseRepository,
  archives: readonly LiveArchive[],
  parts: { symbols(): Promise<string[]>; afterSweep(): Promise<unknown> },
): Worker {
  let isRunning = false;
  return {
    name: 'archive-live',
    async run(signal) {
      isRunning = true;
      await using lease = await leases.wait('archive-live', { signal });
      const stop = AbortSignal.any([signal, lease.signal]);
      let sweptAt = -Infinity;
      while (!stop.aborted) {
        const sweep = performance.now() - sweptAt > SWEEP_EVERY_MS;
        const symbols = sweep ? await parts.symbols() : undefined;
        for (const archive of archives) await archive.archive(symbols, stop);
        if (sweep) {
          await parts.afterSweep();
          sweptAt = performance.now();
        }
        await sleep(EVERY_MS, undefined, { signal: stop, ref: false }).catch(() => {});
      }
      if (!signal.aborted) throw stop.reason;
    },
    async catchUp() {
      // An archive is for one caller: where the loop runs, it has it.
      if (isRunning) return;
      const symbols = await parts.symbols();
      for (const archive of archives) await archive.archive(symbols).catch(unlessAnother);
      await parts.afterSweep();
    },
  };
}

/** Another process is active, and has archived it. */
function unlessAnother(error: unknown): void {
  if (!isAdapterError(error) || error.code !== 'watermark-moved') throw error;
}
