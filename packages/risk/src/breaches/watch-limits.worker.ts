import { setTimeout as sleep } from 'node:timers/promises';
import type { Breaches } from './breaches.ts';

const PAUSE_MS = 250;
/** However often it is woken. */
const SHORTEST_PAUSE_MS = 25;

/** Compares all limits again and again until told to stop; at once where somebody wakes it. */
export function watchLimits(breaches: Breaches) {
  let waking = new AbortController();
  return {
    name: 'watch-limits',
    wake: () => waking.abort(),
    catchUp: async () => void (await breaches.evaluate()),
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        waking = new AbortController();
        await breaches.evaluate();
        await sleep(SHORTEST_PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
        const woken = AbortSignal.any([signal, waking.signal]);
        await sleep(PAUSE_MS, undefined, { signal: woken, ref: false }).catch(() => {});
      }
    },
  };
}
