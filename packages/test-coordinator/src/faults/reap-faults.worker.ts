import { setTimeout as sleep } from 'node:timers/promises';
import type { RunRepository } from '../runs/runs.repository.ts';
import type { FaultRepository } from './faults.repository.ts';

const BATCH = 100;
const PAUSE_MS = 200;

/** Interrupts runs whose lease was lost and has undone what must be over, again and again until told to stop. */
export const reapFaults = (runs: RunRepository, faults: FaultRepository) => ({
  name: 'reap-faults',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const interrupted = await runs.interruptLost(BATCH);
      const reaped = await faults.reap(BATCH);
      if (interrupted < BATCH && reaped < BATCH)
        await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
