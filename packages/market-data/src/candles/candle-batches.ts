import { hash } from 'node:crypto';
import { type Instant, arrayLiteral } from '@tse/core';
import { BinaryRows } from '../bulk/binary-copy.ts';
import { instantOf, microsOf } from '../bulk/event-time.ts';
import type { CandleColumns } from './candle-columns.ts';

/** How many of the last candles the event of a batch tells. */
const TOLD = 100;

const times = (column: readonly (number | null)[]) =>
  column.some((micros) => micros !== null)
    ? arrayLiteral(column.map((micros) => (micros === null ? null : instantOf(micros))))
    : nulls(column.length);

const known = new Map<number, string>();
/** An array of so many nulls. */
function nulls(length: number): string {
  let literal = known.get(length);
  if (literal === undefined) {
    literal = `{${Array(length).fill('NULL').join(',')}}`;
    if (known.size < 8) known.set(length, literal);
  }
  return literal;
}
const optional = (column: readonly (string | number | null)[]) =>
  column.some((value) => value !== null) ? arrayLiteral(column) : nulls(column.length);

/** The members of a batch from one place to another. */
export const sliceCandles = (columns: CandleColumns, from: number, to: number): CandleColumns =>
  Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, Array.isArray(column) ? column.slice(from, to) : column]),
  ) as unknown as CandleColumns;

/** The columns as `upsert_candles` takes them. */
export const candleLiterals = (columns: CandleColumns) => ({
  openTimes: arrayLiteral(columns.openTimes.map(instantOf)),
  opens: `{${columns.opens.join(',')}}`,
  highs: `{${columns.highs.join(',')}}`,
  lows: `{${columns.lows.join(',')}}`,
  closes: `{${columns.closes.join(',')}}`,
  openAts: times(columns.openAts),
  highAts: times(columns.highAts),
  lowAts: times(columns.lowAts),
  closeAts: times(columns.closeAts),
  base: `{${columns.baseVolumes.join(',')}}`,
  quote: optional(columns.quoteVolumes),
  takerBase: optional(columns.takerBaseVolumes),
  takerQuote: optional(columns.takerQuoteVolumes),
  counts: optional(columns.tradeCounts),
  closed: `{${columns.closed.join(',')}}`,
});

/** The rows as binary COPY takes them: the key of their series, their columns, and when they are recorded. */
export function* candleRows(columns: CandleColumns, key: readonly string[], recordedAt: Instant): Generator<Buffer> {
  const rows = new BinaryRows();
  const texts = key.map((text) => Buffer.from(text));
  const recorded = microsOf(recordedAt)!;
  const time = (micros: number | null) => (micros === null ? rows.none() : rows.timestamptz(micros));
  const amount = (value: string | null) => (value === null ? rows.none() : rows.numeric(value));
  const fields = texts.length + 16;
  for (let i = 0; i < columns.openTimes.length; i += 1) {
    rows.row(fields);
    for (const text of texts) rows.bytes(text);
    rows.timestamptz(columns.openTimes[i]!);
    rows.numeric(columns.opens[i]!);
    rows.numeric(columns.highs[i]!);
    rows.numeric(columns.lows[i]!);
    rows.numeric(columns.closes[i]!);
    time(columns.openAts[i]!);
    time(columns.highAts[i]!);
    time(columns.lowAts[i]!);
    time(columns.closeAts[i]!);
    rows.numeric(columns.baseVolumes[i]!);
    amount(columns.quoteVolumes[i]!);
    amount(columns.takerBaseVolumes[i]!);
    amount(columns.takerQuoteVolumes[i]!);
    const count = columns.tradeCounts[i]!;
    if (count === null) rows.none();
    else rows.int8(count);
    rows.bool(columns.closed[i]!);
    rows.timestamptz(recorded);
    const chunk = rows.taken();
    if (chunk) yield chunk;
  }
  yield rows.end();
}

/** What the event of a batch tells of its content: a hash over all, and the last closes. */
export function batchPayload(columns: CandleColumns): {
  sha256: string;
  closes: { openTime: string; close: string }[];
} {
  let text = '';
  const { openTimes, opens, highs, lows, closes, baseVolumes } = columns;
  for (let i = 0; i < openTimes.length; i += 1)
    text += `${openTimes[i]},${opens[i]},${highs[i]},${lows[i]},${closes[i]},${baseVolumes[i]}\n`;
  const last: { openTime: string; close: string }[] = [];
  const places = columns.ascending
    ? Array.from(
        { length: Math.min(TOLD, openTimes.length) },
        (_, i) => openTimes.length - Math.min(TOLD, openTimes.length) + i,
      )
    : [...openTimes.keys()].toSorted((a, b) => openTimes[a]! - openTimes[b]!).slice(-TOLD);
  for (const place of places)
    if (columns.closed[place]) last.push({ openTime: instantOf(openTimes[place]!), close: closes[place]! });
  return { sha256: hash('sha256', text, 'hex'), closes: last };
}

/** The time that the candles take, as a multirange: neighbours are one range. */
export function coveredRanges(columns: CandleColumns, endOf: (place: number) => number): string {
  const places = [...columns.openTimes.keys()];
  if (!columns.ascending) places.sort((a, b) => columns.openTimes[a]! - columns.openTimes[b]!);
  const ranges: string[] = [];
  let from: number | undefined;
  let to = 0;
  const push = () => from !== undefined && ranges.push(`[${instantOf(from)},${instantOf(to)})`);
  for (const place of places) {
    if (!columns.closed[place]) continue;
    const openTime = columns.openTimes[place]!;
    if (from === undefined || openTime !== to) {
      push();
      from = openTime;
    }
    to = endOf(place);
  }
  push();
  return `{${ranges.join(',')}}`;
}
