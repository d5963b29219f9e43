import { dueWorker } from '@tse/core';
import type { CheckRepository } from './checks.repository.ts';

/** Frees what was reserved for orders that never came. */
export const expireReservations = (checks: CheckRepository) =>
  dueWorker({ name: 'expire-reservations', batch: 200, pauseMs: 250, work: (limit) => checks.expireDue(limit) });
