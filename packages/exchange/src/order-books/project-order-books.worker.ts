import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderBookStore } from './order-books.store.ts';

/** Between two rounds, so that a busy market is brought up in steps of many changes. */
const SHORTEST_PAUSE_MS = 20;
/** How long a book may be behind when another process wrote. */
const LONGEST_PAUSE_MS = 250;

/** Brings the books up after each write of this process at once, and after those of others soon. */
export function projectOrderBooks(books: OrderBookStore) {
  let pause = new AbortController();
  return {
    name: 'project-order-books',
    /** Called by whoever changed a market. */
    wake: () => pause.abort(),
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        pause = new AbortController();
        await books.syncAll();
        await sleep(SHORTEST_PAUSE_MS);
        const ended = AbortSignal.any([signal, pause.signal]);
        await sleep(LONGEST_PAUSE_MS, undefined, { signal: ended, ref: false }).catch(() => {});
      }
    },
  };
}
