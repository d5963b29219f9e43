import { setTimeout as sleep } from 'node:timers/promises';
import type { PortfolioRepository } from './portfolio.repository.ts';

const BATCH = 5000;
const PAUSE_MS = 600_000;

/** Thins equity curves by the age of their points, again and again until told to stop. */
export const thinEquity = (portfolio: PortfolioRepository) => ({
  name: 'thin-equity',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const removed = await portfolio.thin(BATCH);
      if (removed < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
