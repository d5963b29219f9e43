import { setTimeout as sleep } from 'node:timers/promises';
import type { ScheduleRepository } from './schedules.repository.ts';

const BATCH = 50;
const PAUSE_MS = 200;

/** Fires what is due in business time, again and again until told to stop. */
export const fireSchedules = (schedules: ScheduleRepository) => ({
  name: 'fire-schedules',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const looked = await schedules.fireDue(BATCH);
      if (looked < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
