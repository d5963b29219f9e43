import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '@tse/core';
import type { RetentionRepository } from './retention.repository.ts';

const EVERY_MS = 3_600_000;

/** Takes months out of their tables whose time is over, as the policies say. */
export const retireMonths = (retention: RetentionRepository): Worker => ({
  name: 'retire-months',
  async run(signal) {
    while (!signal.aborted) {
      await retention.retire();
      await sleep(EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
