import { type Clock, instant, pollingWorker } from '@tse/core';
import type { OrderRepository } from './orders.repository.ts';

/** Closed for so long, an order is looked at rarely enough to leave the hot table. */
const AGE_MS = 24 * 3_600_000;

/** Moves orders that closed a day ago in business time into the archive. */
export const archiveOrders = (orders: OrderRepository, clock: Clock) =>
  pollingWorker({
    name: 'archive-orders',
    batch: 500,
    pauseMs: 60_000,
    work: (limit) => orders.archive(instant.plusMillis(clock.now(), -AGE_MS), limit),
  });
