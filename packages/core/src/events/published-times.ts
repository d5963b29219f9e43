import type { Instant } from '../values/instant.ts';

/** A moment on the three clocks that matter. */
interface Sample {
  /** `performance.now()` */
  at: number;
  databaseTime: Instant;
  businessTime: Instant;
}

const SAMPLE_EVERY_MS = 500;

/**
 * Up to which time everything is published. A call that began before a moment may commit as late as the longest call takes: the
 * moment counts once numbering, begun that much later, has left nothing over.
 */
export class PublishedTimes {
  readonly #longestCallMs: number;
  readonly #samples: Sample[] = [];
  #reached: Sample | undefined;

  constructor(longestCallMs: number) {
    this.#longestCallMs = longestCallMs;
  }

  get due(): boolean {
    return performance.now() - (this.#samples.at(-1)?.at ?? -Infinity) >= SAMPLE_EVERY_MS;
  }

  /** Both times are taken after the call, so they are no later than it. */
  add(databaseTime: Instant, businessTime: Instant, at: number): void {
    this.#samples.push({ at, databaseTime, businessTime });
  }

  /** Everything that was committed when numbering began at `began` is out now. */
  reached(began: number): { databaseTime: Instant; businessTime: Instant } | undefined {
    while (this.#samples[0] && this.#samples[0].at <= began - this.#longestCallMs)
      this.#reached = this.#samples.shift();
    return this.#reached;
  }
}
