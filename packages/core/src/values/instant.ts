import { z } from 'zod';

declare const brand: unique symbol;

/** A moment in UTC with microseconds, always in the one form `2026-11-24T08:08:51.123456Z`: equal moments are equal strings, and order is text order. */
export type Instant = string & { readonly [brand]: 'Instant' };

/** The source of business time: due dates, expiries, schedules. Tests and simulations hand in their own. */
export interface Clock {
  /** The present moment of business time. */
  now(): Instant;
}

const shape = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d(?::?\d\d)?)$/;

/** Of a day that exists, but for the leap one; most texts that come are in this form already. */
const canonical =
  /^(?!0000)\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/;

/** The instant of an ISO-8601 text with a zone (digits beyond microseconds are cut) or of a `Date`; `undefined` where there is none. */
export function parseInstant(input: string | Date): Instant | undefined {
  if (input instanceof Date) {
    const millis = input.getTime();
    return Number.isFinite(millis) ? fromMillis(millis) : undefined;
  }
  if (canonical.test(input)) return input as Instant;
  const match = input.length <= 40 ? shape.exec(input) : null;
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone] = match;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const utc = new Date(`${text}Z`);
  // A day that does not exist (31 February) rolls over in JavaScript; here it is refused.
  if (Number.isNaN(utc.getTime()) || utc.toISOString().slice(0, 19) !== text) return undefined;
  const offset = zone === 'Z' ? 0 : offsetMillis(zone!);
  const whole = offset === 0 ? text : new Date(utc.getTime() - offset).toISOString().slice(0, 19);
  // PostgreSQL has no year 0, and no text of ours has five digits for one.
  return whole.length === 19 && whole >= '0001'
    ? (`${whole}.${fraction.padEnd(6, '0').slice(0, 6)}Z` as Instant)
    : undefined;
}

function offsetMillis(zone: string): number {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || '0');
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

function fromMillis(millis: number): Instant | undefined {
  const text = new Date(millis).toISOString();
  return text.length === 24 && text >= '0001' ? (`${text.slice(0, 23)}000Z` as Instant) : undefined;
}

/** Instants as ISO-8601 texts in UTC with microseconds. */
export const instant = {
  /** The instant of a text or `Date`; throws a `RangeError` where there is none. */
  of(input: string | Date): Instant {
    const value = parseInstant(input);
    if (value === undefined) throw new RangeError('not an ISO-8601 instant with a zone');
    return value;
  },
  /** Milliseconds since 1970, microseconds cut. */
  millis: (value: Instant): number => Date.parse(`${value.slice(0, 23)}Z`),
  /** Microseconds since 1970. */
  micros: (value: Instant): bigint => BigInt(instant.millis(value)) * 1000n + BigInt(value.slice(23, 26)),
  /** The instant so many microseconds after 1970. */
  fromMicros(micros: bigint): Instant {
    const millis = micros >= 0n ? micros / 1000n : (micros - 999n) / 1000n;
    const text = instant.of(new Date(Number(millis)));
    return `${text.slice(0, 23)}${String(micros - millis * 1000n).padStart(3, '0')}Z` as Instant;
  },
  /** The instant so many milliseconds later; earlier below zero. */
  plusMillis: (value: Instant, millis: number): Instant =>
    instant.fromMicros(instant.micros(value) + BigInt(Math.round(millis)) * 1000n),
  /** -1, 0 or 1: how `a` stands to `b`. */
  compare: (a: Instant, b: Instant): -1 | 0 | 1 => (a < b ? -1 : a > b ? 1 : 0),
};

/** The host's clock. */
export const systemClock: Clock = { now: () => fromMillis(Date.now())! };

/** Input schema: an ISO-8601 text with a zone, or a `Date`. */
export const instantInput = z
  .union([z.string(), z.date()], { error: 'expected an ISO-8601 instant with a zone, or a Date' })
  .transform((input, context): Instant => {
    const value = parseInstant(input);
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: 'expected an ISO-8601 instant with a zone', input });
    return z.NEVER;
  });
