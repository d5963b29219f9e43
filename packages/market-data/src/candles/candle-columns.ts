import type { Decimal } from '@tse/core';
import { z } from 'zod';
import { amountOf, compareAmounts, scaleOf, wholeDigits } from '../bulk/amount-text.ts';
import { microsOf } from '../bulk/event-time.ts';
import { Issues, fieldsOf } from '../bulk/issues.ts';
import { seriesFields } from './candles.ts';

type Optional<T> = (T | null)[];

/** Candles of a batch, column by column; times are microseconds since 1970. */
export interface CandleColumns {
  openTimes: number[];
  opens: Decimal[];
  highs: Decimal[];
  lows: Decimal[];
  closes: Decimal[];
  openAts: Optional<number>;
  highAts: Optional<number>;
  lowAts: Optional<number>;
  closeAts: Optional<number>;
  baseVolumes: Decimal[];
  quoteVolumes: Optional<Decimal>;
  takerBaseVolumes: Optional<Decimal>;
  takerQuoteVolumes: Optional<Decimal>;
  tradeCounts: Optional<number>;
  closed: boolean[];
  /** Whether the open times only grow. */
  ascending: boolean;
  /** The most fraction digits that a price or a base volume has. */
  priceScale: number;
  baseScale: number;
}

export const MAX_CANDLES = 100_000;

const fields = [
  'openTime',
  'open',
  'high',
  'low',
  'close',
  'openAt',
  'highAt',
  'lowAt',
  'closeAt',
  'baseVolume',
  'quoteVolume',
  'takerBaseVolume',
  'takerQuoteVolume',
  'tradeCount',
  'closed',
];

const instantText = 'expected an ISO-8601 instant with a zone, or a Date, of 1780 to 2199';

/** Checked by hand, as each batch has thousands. */
const candleColumns = z.unknown().transform((input, context): CandleColumns => {
  const issues = new Issues(context);
  if (!issues.isBatch(input, MAX_CANDLES)) return z.NEVER;
  const { length } = input;
  const columns: CandleColumns = {
    openTimes: Array(length),
    opens: Array(length),
    highs: Array(length),
    lows: Array(length),
    closes: Array(length),
    openAts: Array(length),
    highAts: Array(length),
    lowAts: Array(length),
    closeAts: Array(length),
    baseVolumes: Array(length),
    quoteVolumes: Array(length),
    takerBaseVolumes: Array(length),
    takerQuoteVolumes: Array(length),
    tradeCounts: Array(length),
    closed: Array(length),
    ascending: true,
    priceScale: 0,
    baseScale: 0,
  };
  let i = 0;
  const price = (name: string, value: unknown): Decimal => {
    const amount = amountOf(value);
    if (amount === undefined || amount === '0') issues.add([i, name], 'expected a decimal string above zero');
    return amount!;
  };
  const volume = (name: string, value: unknown): Decimal | null => {
    if (value === undefined) return null;
    const amount = amountOf(value);
    if (amount === undefined) issues.add([i, name], 'expected a decimal string of zero or above');
    return amount!;
  };
  const time = (name: string, value: unknown): number | null => {
    if (value === undefined) return null;
    const micros = microsOf(value);
    if (micros === undefined) issues.add([i, name], instantText);
    return micros!;
  };
  let before = -Infinity;
  for (; i < input.length && issues.few; i += 1) {
    const candle = fieldsOf(input[i], fields);
    if (!candle) {
      issues.add([i], 'expected a candle of known fields');
      continue;
    }
    const openTime = microsOf(candle['openTime']);
    if (openTime === undefined) issues.add([i, 'openTime'], instantText);
    else if (openTime <= before) columns.ascending = false;
    else before = openTime;
    const open = price('open', candle['open']);
    const high = price('high', candle['high']);
    const low = price('low', candle['low']);
    const close = price('close', candle['close']);
    const baseVolume = volume('baseVolume', candle['baseVolume']);
    if (baseVolume === null) issues.add([i, 'baseVolume'], 'expected a decimal string of zero or above');
    const quoteVolume = volume('quoteVolume', candle['quoteVolume']);
    const takerBase = volume('takerBaseVolume', candle['takerBaseVolume']);
    const takerQuote = volume('takerQuoteVolume', candle['takerQuoteVolume']);
    const { tradeCount, closed = true } = candle;
    if (tradeCount !== undefined && !(Number.isSafeInteger(tradeCount) && (tradeCount as number) >= 0))
      issues.add([i, 'tradeCount'], 'expected a whole number of zero or above');
    if (typeof closed !== 'boolean') issues.add([i, 'closed'], 'expected true or false');
    columns.openAts[i] = time('openAt', candle['openAt']);
    columns.highAts[i] = time('highAt', candle['highAt']);
    columns.lowAts[i] = time('lowAt', candle['lowAt']);
    columns.closeAts[i] = time('closeAt', candle['closeAt']);
    if (issues.some) continue;
    const ofOpen = wholeDigits(open);
    const ofHigh = wholeDigits(high);
    const ofLow = wholeDigits(low);
    const ofClose = wholeDigits(close);
    // What holds of these four makes the high at least the low.
    if (compareAmounts(high, open, ofHigh, ofOpen) < 0 || compareAmounts(high, close, ofHigh, ofClose) < 0)
      issues.add([i, 'high'], 'expected at least the open, the close and the low');
    if (compareAmounts(low, open, ofLow, ofOpen) > 0 || compareAmounts(low, close, ofLow, ofClose) > 0)
      issues.add([i, 'low'], 'expected at most the open and the close');
    columns.priceScale = Math.max(
      columns.priceScale,
      scaleOf(open, ofOpen),
      scaleOf(high, ofHigh),
      scaleOf(low, ofLow),
      scaleOf(close, ofClose),
    );
    columns.baseScale = Math.max(columns.baseScale, scaleOf(baseVolume!));
    if (takerBase !== null && compareAmounts(takerBase, baseVolume!) > 0)
      issues.add([i, 'takerBaseVolume'], 'expected at most the base volume');
    if (takerQuote !== null && quoteVolume !== null && compareAmounts(takerQuote, quoteVolume) > 0)
      issues.add([i, 'takerQuoteVolume'], 'expected at most the quote volume');
    columns.openTimes[i] = openTime!;
    columns.opens[i] = open;
    columns.highs[i] = high;
    columns.lows[i] = low;
    columns.closes[i] = close;
    columns.baseVolumes[i] = baseVolume!;
    columns.quoteVolumes[i] = quoteVolume;
    columns.takerBaseVolumes[i] = takerBase;
    columns.takerQuoteVolumes[i] = takerQuote;
    columns.tradeCounts[i] = (tradeCount as number | undefined) ?? null;
    columns.closed[i] = closed as boolean;
  }
  if (!columns.ascending && !issues.some) {
    const seen = new Map<number, number>();
    for (const [at, openTime] of columns.openTimes.entries()) {
      if (seen.has(openTime) && issues.few) issues.add([at, 'openTime'], `as in candle ${seen.get(openTime)}`);
      seen.set(openTime, at);
    }
  }
  return issues.some ? z.NEVER : columns;
});

export const upsertCandles = z.strictObject({ ...seriesFields, candles: candleColumns });
