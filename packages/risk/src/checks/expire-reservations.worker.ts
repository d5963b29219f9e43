import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckRepository } from './checks.repository.ts';

const BATCH = 200;
const PAUSE_MS = 250;

/** Frees what was reserved for orders that never came, again and again until told to stop. */
export const expireReservations = (checks: CheckRepository) => ({
  name: 'expire-reservations',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const freed = await checks.expireDue(BATCH);
      if (freed < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
