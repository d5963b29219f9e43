import { setTimeout as sleep } from 'node:timers/promises';
import type { CorrelationRepository } from './correlations.repository.ts';

const BATCH = 1000;
const PAUSE_MS = 500;

/** Follows the trail with the last version of each rule. */
export const correlate = (correlations: CorrelationRepository) => ({
  name: 'correlate',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let most = 0;
      for (const rule of await correlations.followed()) {
        if (signal.aborted) return;
        most = Math.max(most, await correlations.advance(rule, BATCH));
      }
      if (most < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
