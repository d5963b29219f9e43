import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from '@tse/core';
import type { BlockSealer } from './seal-blocks.repository.ts';

const PAUSE_MS = 200;

/** Seals what is there, block by block. */
export const sealBlocks = (sealer: BlockSealer): Worker => ({
  name: 'seal-blocks',
  async run(signal) {
    while (!signal.aborted) {
      if (await sealer.sealNext()) continue;
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
  lagSeconds: () => sealer.waitingSeconds,
});
