import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, instant } from '@tse/core';
import type { OrderRepository } from './orders.repository.ts';

const BATCH = 500;
const PAUSE_MS = 60_000;
/** Closed for so long, an order is looked at rarely enough to leave the hot table. */
const AGE_MS = 24 * 3_600_000;

/** Moves orders that closed a day ago in business time into the archive. */
export const archiveOrders = (orders: OrderRepository, clock: Clock) => ({
  name: 'archive-orders',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const moved = await orders.archive(instant.plusMillis(clock.now(), -AGE_MS), BATCH);
      if (moved < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
