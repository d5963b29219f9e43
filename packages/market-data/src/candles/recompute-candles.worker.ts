import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '@tse/core';
import type { CandleRepository } from './candles.repository.ts';

const EVERY_MS = 500;

/** Computes again the closed candles that late trades or revised finer candles touched. */
export const recomputeCandles = (candles: CandleRepository): Worker => ({
  name: 'recompute-candles',
  catchUp: async () => void (await candles.recompute()),
  async run(signal) {
    while (!signal.aborted) {
      await candles.recompute();
      await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
