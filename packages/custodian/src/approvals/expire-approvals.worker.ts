import { dueWorker } from '@tse/core';
import type { ApprovalRepository } from './approvals.repository.ts';

/** Ends approval requests whose time is over in business time. */
export const expireApprovals = (approvals: ApprovalRepository) =>
  dueWorker({ name: 'expire-approvals', batch: 50, pauseMs: 200, work: (limit) => approvals.expireDue(limit) });
