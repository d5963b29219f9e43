import { setTimeout as sleep } from 'node:timers/promises';
import type { ApprovalRepository } from './approvals.repository.ts';

const BATCH = 50;
const PAUSE_MS = 200;

/** Ends what is due in business time, again and again until told to stop. */
export const expireApprovals = (approvals: ApprovalRepository) => ({
  name: 'expire-approvals',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const expired = await approvals.expireDue(BATCH);
      if (expired < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
