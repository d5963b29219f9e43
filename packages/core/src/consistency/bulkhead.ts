import { UnavailableError } from '../pipe/errors.ts';

/** Lets a bounded number run at once and a bounded number wait, so that one busy path cannot take the whole pool. */
export class Bulkhead {
  readonly #name: string;
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(name: string, atOnce: number, maxWaiting: number) {
    this.#name = name;
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1;
    else if (this.#waiting.length >= this.#maxWaiting)
      throw new UnavailableError('overloaded', `too many reads of ${this.#name} wait already`, 200);
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes to the next in line, so that a newcomer cannot take it first.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
