import { type Decimal, type Instant, decodeInstant, decodeInt8, decodeNumeric } from '@tse/core';
import { sql } from 'kysely';
import { candleColumns } from './candle-rows.ts';
import type { Candle } from './candles.ts';

/**
 * A candle as one text, its columns parted by commas: a driver makes a string of each field, and of a long range that costs more than
 * all else. None of the columns holds a comma; what is null is empty.
 */
export const candleText = sql<string>`format(${sql.lit(candleColumns.map(() => '%s').join(','))}, ${sql.join(candleColumns.map((name) => sql.ref(name)))})`;

/** What the candles of a batch end with, `closed,revision,recorded_at`: most often the same as of the one before. */
interface Tail {
  text: string;
  closed: boolean;
  revision: number;
  recordedAt: Instant;
}

const tailOf = (text: string): Tail => {
  const [closed, revision, recordedAt] = text.split(',') as [string, string, string];
  return { text, closed: closed === 't', revision: Number(revision), recordedAt: decodeInstant(recordedAt) };
};

/** The times of day at which minutes begin, as instants end with them: made once, as every day has the same. */
const minutesOfDay: string[] = [];
const digitsAt = (text: string, at: number) => (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;

/** Whether a text begins with a time of whole minutes: `2026-11-24 08:08:00+00,`. */
const opensAtMinute = (text: string) => text.startsWith(':00+00,', 16);

/** Reads candles from their texts, in the place of each. */
export function readCandles(rows: unknown[][]): Candle[] {
  let text = '';
  let at = 0;
  let tail: Tail = { text: '', closed: true, revision: 0, recordedAt: '' as Instant };
  let day = '-';
  let dayText = '';
  const opening = (): Instant => {
    if (!opensAtMinute(text)) return time()!;
    if (!text.startsWith(day)) {
      day = text.slice(0, 10);
      dayText = `${day}T`;
    }
    at = 23;
    const minute = digitsAt(text, 11) * 60 + digitsAt(text, 14);
    return `${dayText}${(minutesOfDay[minute] ??= `${text.slice(11, 19)}.000000Z`)}` as Instant;
  };
  /** The next field, or `undefined` where it is null. */
  const field = (): string | undefined => {
    const from = at;
    const to = text.indexOf(',', from);
    at = to + 1;
    return to === from ? undefined : text.slice(from, to);
  };
  const time = (): Instant | undefined => {
    const value = field();
    return value === undefined ? undefined : decodeInstant(value);
  };
  const amount = (): Decimal | undefined => {
    const value = field();
    return value === undefined ? undefined : (decodeNumeric(value) as Decimal);
  };
  const candles = rows as unknown as Candle[];
  for (let i = 0; i < rows.length; i += 1) {
    text = rows[i]![0] as string;
    at = 0;
    const openTime = opening();
    const open = amount()!;
    const high = amount()!;
    const low = amount()!;
    const close = amount()!;
    const openAt = time();
    const highAt = time();
    const lowAt = time();
    const closeAt = time();
    const baseVolume = amount()!;
    const quoteVolume = amount();
    const takerBaseVolume = amount();
    const takerQuoteVolume = amount();
    const tradeCount = field();
    if (text.length - at !== tail.text.length || !text.endsWith(tail.text)) tail = tailOf(text.slice(at));
    const { closed, revision, recordedAt } = tail;
    const candle: Candle = { openTime, open, high, low, close, baseVolume, closed, revision, recordedAt };
    if (openAt !== undefined) candle.openAt = openAt;
    if (highAt !== undefined) candle.highAt = highAt;
    if (lowAt !== undefined) candle.lowAt = lowAt;
    if (closeAt !== undefined) candle.closeAt = closeAt;
    if (quoteVolume !== undefined) candle.quoteVolume = quoteVolume;
    if (takerBaseVolume !== undefined) candle.takerBaseVolume = takerBaseVolume;
    if (takerQuoteVolume !== undefined) candle.takerQuoteVolume = takerQuoteVolume;
    if (tradeCount !== undefined) candle.tradeCount = decodeInt8(tradeCount);
    candles[i] = candle;
  }
  return candles;
}
