import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer } from '@tse/core';

const POLL_MS = 1;

/** Waits until a consumer has handled all that its source has published by now. */
export async function hasRead(consumer: Consumer, published: () => Promise<number>): Promise<void> {
  await hasReached(consumer, await published());
}

/** Waits until a consumer is done with a number of its source; no longer than its caller has patience. */
export async function hasReached(consumer: Consumer, target: number, patienceMs?: number): Promise<void> {
  await until(
    () => {
      const [reader] = consumer.health();
      if (reader?.state === 'stopped') throw new Error(`${consumer.name} has stopped: ${reader.lastErrorClass}`);
      return reader !== undefined && reader.checkpoint >= target;
    },
    consumer.name,
    patienceMs,
  );
}

/** Looks again and again until it is so. */
export async function until(isSo: () => boolean, what: string, patienceMs = Infinity): Promise<void> {
  for (const began = performance.now(); !isSo(); await sleep(POLL_MS))
    if (performance.now() - began > patienceMs) throw new Error(`${what} does not get on`);
}
