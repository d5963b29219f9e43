import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from './worker.ts';

/** Work that a loop does again and again, some of it at a time. */
export interface PolledWork {
  /** Of the worker: kebab-case, unique in its adapter. */
  name: string;
  /** How much is done in one go. */
  batch: number;
  /** Milliseconds between two looks, where less than a batch was there to do. */
  pauseMs: number;
  /** Does what is there to do, `limit` of it at most; answers how much it was. */
  work: (limit: number, signal: AbortSignal) => Promise<number>;
}

/** A worker that does what there is to do in batches, again and again until told to stop. */
export const pollingWorker = ({ name, batch, pauseMs, work }: PolledWork): Worker => ({
  name,
  async run(signal) {
    while (!signal.aborted) {
      const done = await work(batch, signal);
      if (done < batch) await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    }
  },
});

/** A polling worker of what falls due in business time: it also does all that is due when it is asked to. */
export const dueWorker = (due: PolledWork): Worker => ({
  ...pollingWorker(due),
  async catchUp() {
    while ((await due.work(due.batch, new AbortController().signal)) >= due.batch);
  },
});
