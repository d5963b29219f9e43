import { setImmediate as yieldToOthers, setTimeout as sleep } from 'node:timers/promises';
import type { Print, PrintSource } from '@tse/simulation';

/** A print as it is to be sent. */
export interface Arrival {
  /** Unique, however often the tape is played. */
  readonly id: string;
  /** Counts them from 1. */
  readonly number: number;
  readonly print: Print;
  /** When it is meant to come, on `performance.now()`: what it takes is measured from here, however late it is sent. */
  readonly due: number;
}

const MOST_PRINTS = 100_000;

/** The prints of a source with the time from each to the next; from its end it goes on with its beginning. */
export class Tape {
  readonly name: string;
  /** Arrivals a second as they were recorded, on average: 1 ×. */
  readonly perSecond: number;
  readonly #prints: readonly Print[];
  readonly #gaps: readonly number[];
  #played = 0;

  private constructor(name: string, prints: readonly Print[]) {
    const times = prints.map(({ at }) => Date.parse(at));
    const lasts = times.at(-1)! - times[0]!;
    if (!(lasts > 0)) throw new RangeError(`${name} needs prints at different times`);
    const average = lasts / (prints.length - 1);
    this.name = name;
    this.perSecond = 1000 / average;
    this.#prints = prints;
    this.#gaps = times.map((time, i) => (i === 0 ? average : Math.max(0, time - times[i - 1]!)));
  }

  static async read(source: PrintSource): Promise<Tape> {
    const prints: Print[] = [];
    for await (const print of source.read()) if (prints.push(print) === MOST_PRINTS) break;
    if (prints.length === 0) throw new RangeError(`${source.name} holds no prints`);
    return new Tape(source.name, prints);
  }

  /** What comes between two moments at a multiple of the recorded pace; the next call goes on after what was taken here. */
  *between(from: number, to: number, multiple: number): Generator<Arrival> {
    for (let due = from; ; this.#played += 1) {
      const index = this.#played % this.#prints.length;
      due += this.#gaps[index]! / multiple;
      if (due >= to) return;
      const print = this.#prints[index]!;
      const round = Math.floor(this.#played / this.#prints.length);
      yield { id: `${round}/${print.id}`, number: this.#played + 1, print, due };
    }
  }
}

const MOST_AT_ONCE = 64;

/** Sends each at its time, whether or not those before it are done: an open loop. Answers how many it did not come to before `until`. */
export async function offer(
  arrivals: Iterable<Arrival>,
  send: (arrival: Arrival) => void,
  until: number,
): Promise<{ sent: number; unsent: number }> {
  let [sent, unsent] = [0, 0];
  let atOnce = 0;
  for (const arrival of arrivals) {
    const wait = arrival.due - performance.now();
    if (wait >= 1) await sleep(wait);
    // Where it is behind it catches up, but lets answers in.
    else if (atOnce >= MOST_AT_ONCE) await yieldToOthers();
    atOnce = wait >= 1 || atOnce >= MOST_AT_ONCE ? 1 : atOnce + 1;
    if (performance.now() > until) unsent += 1;
    else {
      send(arrival);
      sent += 1;
    }
  }
  const left = until - performance.now();
  if (left > 0) await sleep(left);
  return { sent, unsent };
}
