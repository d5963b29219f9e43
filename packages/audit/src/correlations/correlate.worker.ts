import { pollingWorker } from '@tse/core';
import type { CorrelationRepository } from './correlations.repository.ts';

/** Follows the trail with the last version of each rule. */
export const correlate = (correlations: CorrelationRepository) =>
  pollingWorker({
    name: 'correlate',
    batch: 1000,
    pauseMs: 500,
    async work(limit, signal) {
      let most = 0;
      for (const rule of await correlations.followed()) {
        if (signal.aborted) break;
        most = Math.max(most, await correlations.advance(rule, limit));
      }
      return most;
    },
  });
