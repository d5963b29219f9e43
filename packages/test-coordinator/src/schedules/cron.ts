import { type Instant, instant } from '@tse/core';
import { Cron } from 'croner';

const MOST_FIRES = 1000;
const LONGEST_LINE = 200;

/** Why a cron line, or its time zone, is none; `undefined` where it is one. Five fields, or six with seconds first. */
export function problemOfCron(line: string, timeZone: string): string | undefined {
  if (line.length > LONGEST_LINE || timeZone.length > LONGEST_LINE) return 'it is too long';
  try {
    const next = new Cron(line, { timezone: timeZone, paused: true }).nextRun(new Date('2000-01-01T00:00:00Z'));
    return next ? undefined : 'it never fires';
  } catch (error) {
    return (error as Error).message;
  }
}

/** The first nominal instant after another; `undefined` where none comes. An hour that a change of the clock repeats or leaves out fires once. */
export function nextFire(line: string, timeZone: string, after: Instant): Instant | undefined {
  const next = new Cron(line, { timezone: timeZone, paused: true }).nextRun(new Date(instant.millis(after)));
  return next ? instant.of(next) : undefined;
}

/** The nominal instants from `first` on that have come at `now`, and the one after them. Of more than a thousand, the first thousand. */
export function dueFires(
  line: string,
  timeZone: string,
  first: Instant,
  now: Instant,
): { due: Instant[]; next: Instant | undefined } {
  const due: Instant[] = [];
  let next: Instant | undefined = first;
  while (next !== undefined && next <= now && due.length < MOST_FIRES) {
    due.push(next);
    next = nextFire(line, timeZone, next);
  }
  return { due, next };
}
