import { dueWorker } from '@tse/core';
import type { OrderRepository } from './orders.repository.ts';

/** Ends the orders whose time is over in business time. */
export const expireOrders = (orders: OrderRepository) =>
  dueWorker({ name: 'expire-orders', batch: 100, pauseMs: 200, work: (limit) => orders.expireDue(limit) });
