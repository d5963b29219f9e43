import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '@tse/core';
import type { AnchorRepository } from './anchors.repository.ts';

const PAUSE_MS = 1000;

/** Writes down outside of the database what was sealed since the last time. */
export const anchorBlocks = (anchors: AnchorRepository): Worker => ({
  name: 'anchor-blocks',
  async run(signal) {
    while (!signal.aborted) {
      await anchors.anchorNewest();
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
