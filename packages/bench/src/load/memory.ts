import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Megabytes of the process. */
export interface Memory {
  readonly rss: number;
  /** What is still needed after a full collection. */
  readonly kept: number;
}

const MEGABYTE = 1024 * 1024;

/** Twice: what the first collection finalizes, the second one frees. Stops the process for as long as it takes. */
export function memoryNow(): Memory {
  collect();
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss: rss / MEGABYTE, kept: (heapUsed + external) / MEGABYTE };
}

export const rssNow = (): number => process.memoryUsage.rss() / MEGABYTE;
