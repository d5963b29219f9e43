import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, type Instant, instant, parseDuration } from '@tse/core';

/** Business time that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves it on by an ISO-8601 duration such as `PT16M` or `P1DT2H`: at once; the promise leaves what waits a turn to notice. */
  advance(duration: string): Promise<Instant>;
  /** Moves it to a moment, backwards too. */
  set(to: string | Date): Promise<Instant>;
}

/** The same in every run, so that what a test writes is too. */
const START = '2026-01-01T00:00:00Z';

/** A clock for the option `clock` of an adapter. @throws RangeError where `start` is no ISO-8601 instant with a zone */
export function manualClock(start: string | Date = START): ManualClock {
  let now = instant.of(start);
  const move = (to: Instant): Promise<Instant> => {
    now = to;
    return nextTurn(to);
  };
  return {
    now: () => now,
    advance(duration) {
      const millis = parseDuration(duration);
      if (millis === undefined) throw new RangeError(`${duration} is no ISO-8601 duration such as PT16M`);
      return move(instant.plusMillis(now, millis));
    },
    set: (to) => move(instant.of(to)),
  };
}
