import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@tse/core';
import type { PnlRepository } from './pnl.repository.ts';

const PAUSE_MS = 1000;
/** Of an instant's text: up to its minutes. */
const MINUTE = 16;

/** Values what limits rest on each second, and everything in each minute of business time, until told to stop. */
export const revalue = (pnl: PnlRepository, clock: Clock) => ({
  name: 'revalue',
  catchUp: () => pnl.revalue(true),
  async run(signal: AbortSignal): Promise<void> {
    let minute: string | undefined;
    while (!signal.aborted) {
      const now = clock.now().slice(0, MINUTE);
      await pnl.revalue(now !== minute);
      minute = now;
      await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
