import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderRepository } from './orders.repository.ts';

const BATCH = 100;
const PAUSE_MS = 200;

/** Ends the orders whose time is over in business time. */
export const expireOrders = (orders: OrderRepository) => ({
  name: 'expire-orders',
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const expired = await orders.expireDue(BATCH);
      if (expired < BATCH) await sleep(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});
