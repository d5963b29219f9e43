import { type Instant, instant, parseInstant } from '@tse/core';

/** Numbers hold microseconds exactly until 2255: years 1780 to 2199 are taken. */
const MAX_MICROS = 7_258_118_400_000_000;
const MIN_MICROS = -6_000_000_000_000_000;

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;
const pair = (text: string, at: number): number => {
  const tens = digit(text, at);
  const ones = digit(text, at + 1);
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
};

const daysIn = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** Days since 1970-01-01 of a day of the Gregorian calendar. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** Microseconds since 1970 of `2026-11-24T08:08:51.123456Z`, with none, three or six digits; NaN where the text is anything else. */
function microsOfUtcText(text: string): number {
  const { length } = text;
  if (length !== 20 && length !== 24 && length !== 27) return NaN;
  if (
    text.charCodeAt(length - 1) !== 90 ||
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    text.charCodeAt(10) !== 84 ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58 ||
    (length > 20 && text.charCodeAt(19) !== 46)
  )
    return NaN;
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  const second = pair(text, 17);
  if (!(month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60 && year > 0)) return NaN;
  if (!(day >= 1 && day <= daysIn[month - 1]! + (month === 2 && isLeap(year) ? 1 : 0))) return NaN;
  let micros = 0;
  for (let at = 20; at < length - 1; at += 1) {
    const value = digit(text, at);
    if (!(value >= 0 && value <= 9)) return NaN;
    micros = micros * 10 + value;
  }
  if (length === 24) micros *= 1000;
  return (((daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + micros;
}

/**
 * Microseconds since 1970 of an ISO-8601 text with a zone or of a `Date`; `undefined` where there is none. Bulk input goes through
 * here: the usual forms are read without a regular expression or a `Date`.
 */
export function microsOf(input: unknown): number | undefined {
  if (input instanceof Date) return inRange(input.getTime() * 1000);
  if (typeof input !== 'string') return undefined;
  const fast = microsOfUtcText(input);
  if (fast === fast) return inRange(fast);
  const parsed = parseInstant(input);
  return parsed === undefined ? undefined : inRange(Number(instant.micros(parsed)));
}

const inRange = (micros: number) => (micros >= MIN_MICROS && micros <= MAX_MICROS ? micros : undefined);

const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
const DAY_MICROS = 86_400_000_000;
let day = NaN;
let dayText = '';

/** The instant of microseconds since 1970. Those of a batch lie close together: the text of their day is made once. */
export function instantOf(micros: number): Instant {
  const inDay = Math.floor(micros / DAY_MICROS);
  if (inDay !== day) {
    day = inDay;
    dayText = new Date(inDay * 86_400_000).toISOString().slice(0, 11);
  }
  const rest = micros - inDay * DAY_MICROS;
  const fraction = rest % 1_000_000;
  const seconds = (rest - fraction) / 1_000_000;
  const digits = fraction === 0 ? '000000' : String(fraction).padStart(6, '0');
  return `${dayText}${twoDigits[Math.floor(seconds / 3600)]}:${twoDigits[Math.floor(seconds / 60) % 60]}:${twoDigits[seconds % 60]}.${digits}Z` as Instant;
}
