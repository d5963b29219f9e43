import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from './worker.ts';

/** Work that falls due in business time. */
export interface DueWork {
  name: string;
  /** How much is done in one go. */
  batch: number;
  /** Between two looks, where less than a batch was due. */
  pauseMs: number;
  /** Does what is due in business time, `limit` of it at most; answers how much it was. */
  work: (limit: number) => Promise<number>;
}

/** A worker that does what falls due in business time, again and again until told to stop. */
export function dueWorker({ name, batch, pauseMs, work }: DueWork): Worker {
  return {
    name,
    async run(signal) {
      while (!signal.aborted) {
        const done = await work(batch);
        if (done < batch) await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
      }
    },
    async catchUp() {
      while ((await work(batch)) >= batch);
    },
  };
}
