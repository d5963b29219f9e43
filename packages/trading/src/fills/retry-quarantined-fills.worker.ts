import { setTimeout as sleep } from 'node:timers/promises';
import type { Fills } from './fills.ts';

const PAUSE_MS = 1000;

/** Applies quarantined fills whose order has come meanwhile, again and again until told to stop. */
export const retryQuarantinedFills = (fills: Fills) => ({
  name: 'retry-quarantined-fills',
  catchUp: async () => void (await fills.retryQuarantined()),
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await fills.retryQuarantined();
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
