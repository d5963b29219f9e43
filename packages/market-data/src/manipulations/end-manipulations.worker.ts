import { setTimeout as sleep } from 'node:timers/promises';
import type { ManipulationRepository } from './manipulations.repository.ts';

const BATCH = 100;
const PAUSE_MS = 200;

/** Recovers manipulations whose end has come in business time, again and again until told to stop. */
export const endManipulations = (manipulations: ManipulationRepository) => ({
  name: 'end-manipulations',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const symbols = await manipulations.endDue(BATCH);
      if (symbols < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
