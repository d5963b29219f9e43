import { setTimeout as sleep } from 'node:timers/promises';
import type { NettingRepository } from './netting.repository.ts';

const PAUSE_MS = 1000;

/** Settles netting batches that are due in business time, again and again until told to stop. */
export const settleNetting = (netting: NettingRepository) => ({
  name: 'settle-netting',
  catchUp: async () => void (await netting.settleDue()),
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await netting.settleDue();
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
