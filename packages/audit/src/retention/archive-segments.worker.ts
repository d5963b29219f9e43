import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '@tse/core';
import type { RetentionRepository } from './retention.repository.ts';

const PAUSE_MS = 60_000;

/** Archives what the policy lets go. */
export const archiveSegments = (retention: RetentionRepository): Worker => ({
  name: 'archive-segments',
  async run(signal) {
    while (!signal.aborted) {
      await retention.archiveDue();
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
