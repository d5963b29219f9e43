import { setTimeout as sleep } from 'node:timers/promises';
import type { EscalationRepository } from './escalations.repository.ts';

const BATCH = 200;
const PAUSE_MS = 200;

/** Takes the steps of escalations that are due in business time, again and again until told to stop. */
export const escalateAlerts = (escalations: EscalationRepository) => ({
  name: 'escalate-alerts',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const touched = await escalations.escalateDue(BATCH);
      if (touched < BATCH / 2) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
