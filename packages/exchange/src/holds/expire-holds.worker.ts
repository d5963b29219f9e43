import { setTimeout as sleep } from 'node:timers/promises';
import type { HoldRepository } from './holds.repository.ts';

const BATCH = 200;
const PAUSE_MS = 200;

/** Releases what is due in business time, again and again until told to stop. */
export const expireHolds = (holds: HoldRepository) => ({
  name: 'expire-holds',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const expired = await holds.expireDue(BATCH);
      if (expired < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
