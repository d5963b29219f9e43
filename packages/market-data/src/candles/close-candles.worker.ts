import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '@tse/core';
import type { CandleRepository } from './candles.repository.ts';

const EVERY_MS = 1000;

/** Closes the candles whose buckets are over by the business clock. */
export const closeCandles = (candles: CandleRepository): Worker => ({
  name: 'close-candles',
  catchUp: async () => void (await candles.buildDue(new AbortController().signal)),
  async run(signal) {
    while (!signal.aborted) {
      await candles.buildDue(signal);
      await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
