import { type Instant, durationInput, instantInput } from '@tse/core';
import { z } from 'zod';

export const intervalUnits = ['fixed', 'day', 'week', 'month'] as const;
/** In what an interval is counted. */
export type IntervalUnit = (typeof intervalUnits)[number];

/**
 * How time is cut into candles. A fixed step is counted from `origin`; days, weeks (from Monday) and months follow the calendar of
 * `timeZone`, so that one may have 23 or 25 hours.
 */
export interface Interval {
  name: string;
  unit: IntervalUnit;
  /** Seconds of a fixed step. */
  seconds?: number;
  origin: Instant;
  /** Of the IANA database. */
  timeZone: string;
  /** The finer interval whose candles make up this one; without it candles are built from trades. */
  rolledFrom?: string;
}

export const intervalName = z
  .string({ error: 'expected the name of an interval' })
  .regex(/^[A-Za-z0-9][A-Za-z0-9@/_+-]{0,39}$/, 'expected the name of an interval such as 1m or 1d@Europe/Berlin');

const timeZone = z.string().max(64).refine(isTimeZone, 'expected a time zone of the IANA database');

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return false;
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const step = durationInput
  .refine(
    (millis) => millis >= 1000 && millis % 1000 === 0 && millis <= 366 * 86_400_000,
    'expected whole seconds, a year at most',
  )
  .transform((millis) => millis / 1000);

/** The same again answers what stands, another meaning of the same name is a conflict. */
export const defineInterval = z.discriminatedUnion('unit', [
  z.strictObject({
    name: intervalName,
    unit: z.literal('fixed'),
    /** `PT5M`. */
    step,
    /** Monday, 1970-01-05 where left out. */
    origin: instantInput
      .refine((at) => at.endsWith('.000000Z'), 'expected a whole second')
      .default('1970-01-05T00:00:00.000000Z' as Instant),
    rolledFrom: intervalName.optional(),
  }),
  z.strictObject({
    name: intervalName,
    unit: z.enum(['day', 'week', 'month']),
    timeZone: timeZone.default('UTC'),
    rolledFrom: intervalName.optional(),
  }),
]);
/** An interval: its length, and what it is rolled up from. */
export type DefineInterval = z.input<typeof defineInterval>;

const QUARTER_HOUR = 900;
const DAY = 86_400;

const secondsOf = (at: Instant) => Date.parse(`${at.slice(0, 23)}Z`) / 1000;

/**
 * Whether candles of `finer` make up those of `coarser`: each bucket of the coarser begins and ends with one of the finer. Time zones
 * are set off by whole quarters of an hour.
 */
export function divides(finer: Interval, coarser: Interval): boolean {
  if (finer.unit === 'fixed') {
    const { seconds = 1 } = finer;
    if (coarser.unit === 'fixed') {
      return (
        coarser.seconds! > seconds &&
        coarser.seconds! % seconds === 0 &&
        (secondsOf(coarser.origin) - secondsOf(finer.origin)) % seconds === 0
      );
    }
    const longest = coarser.timeZone === 'UTC' ? DAY : QUARTER_HOUR;
    return longest % seconds === 0 && secondsOf(finer.origin) % seconds === 0;
  }
  return (
    finer.unit === 'day' && (coarser.unit === 'week' || coarser.unit === 'month') && finer.timeZone === coarser.timeZone
  );
}

/** As last read: a batch asks for the same one thousands of times. */
let origin = { text: '', micros: 0 };

/** Microseconds since 1970 at which the bucket of a fixed interval begins. */
export function bucketStart(interval: Interval, micros: number): number {
  const step = interval.seconds! * 1_000_000;
  if (interval.origin !== origin.text)
    origin = { text: interval.origin, micros: secondsOf(interval.origin) * 1_000_000 };
  return Math.floor((micros - origin.micros) / step) * step + origin.micros;
}
