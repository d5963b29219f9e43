import { dueWorker } from '@tse/core';
import type { HoldRepository } from './holds.repository.ts';

/** Releases what is due in business time. */
export const expireHolds = (holds: HoldRepository) =>
  dueWorker({ name: 'expire-holds', batch: 200, pauseMs: 200, work: (limit) => holds.expireDue(limit) });
