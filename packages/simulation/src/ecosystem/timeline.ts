import type { Step } from '../participants/orders.ts';

/** The steps of a tape, handed out by time. */
export interface Timeline {
  /** When the next one is; nothing after the last. */
  readonly next: string | undefined;
  /** Those up to a moment, of one day and about `most`: a run of prints is not cut, but by the moment. */
  take(limits?: { until?: string; most?: number }): Promise<Step[]>;
}

const MOST = 64;
const DAY_MS = 86_400_000;

export async function timelineOf(steps: AsyncIterable<Step>): Promise<Timeline> {
  const reader = steps[Symbol.asyncIterator]();
  let next = (await reader.next()).value as Step | undefined;
  return {
    get next() {
      return next?.print.at;
    },
    async take({ until, most = MOST } = {}) {
      const taken: Step[] = [];
      while (next !== undefined && (until === undefined || next.print.at <= until)) {
        const [first, last] = [taken[0], taken.at(-1)];
        const isFull =
          taken.length >= Math.min(most, MOST) || (first !== undefined && millisBetween(first, next) >= DAY_MS);
        if (isFull && last?.endsRun === true) break;
        taken.push(next);
        next = (await reader.next()).value as Step | undefined;
      }
      return taken;
    },
  };
}

const millisBetween = (a: Step, b: Step): number => Date.parse(b.print.at) - Date.parse(a.print.at);
