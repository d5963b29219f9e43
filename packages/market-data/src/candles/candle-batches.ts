import { createHash } from 'node:crypto';
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

/** Some members of a batch, by their places. */
export const pickCandles = (columns: CandleColumns, places: readonly number[]): CandleColumns =>
  Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [
      name,
      Array.isArray(column) ? places.map((place) => column[place] as unknown) : column,
    ]),
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

/**
 * The rows as binary COPY takes them: the key of their series, their columns, and when they are recorded. The content is taken in
 * meanwhile: the server has work to do with what was sent.
 */
export function* candleRows(
  columns: CandleColumns,
  key: readonly string[],
  recordedAt: Instant,
  content?: BatchContent,
): Generator<Buffer> {
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
    if (chunk) {
      yield chunk;
      content?.upTo(i + 1);
    }
  }
  yield rows.end();
}

/** Microseconds as text: two small numbers become one faster than a large one. */
const microsText = (micros: number): string => {
  if (micros < 1_000_000) return String(micros);
  const rest = micros % 1_000_000;
  return `${(micros - rest) / 1_000_000}${rest === 0 ? '000000' : String(rest).padStart(6, '0')}`;
};

/** What the event of a batch tells of its content: a hash over all, taken in part by part, and the last closes. */
export class BatchContent {
  readonly #columns: CandleColumns;
  readonly #hash = createHash('sha256');
  #at = 0;

  constructor(columns: CandleColumns) {
    this.#columns = columns;
  }

  /** Takes in the candles before a place. */
  upTo(place: number): void {
    const { openTimes, opens, highs, lows, closes, baseVolumes } = this.#columns;
    let text = '';
    for (let i = this.#at; i < place; i += 1)
      text += `${microsText(openTimes[i]!)},${opens[i]},${highs[i]},${lows[i]},${closes[i]},${baseVolumes[i]}\n`;
    this.#hash.update(text);
    this.#at = place;
  }

  payload(): string {
    const { ascending, openTimes, closes, closed } = this.#columns;
    const { length } = openTimes;
    this.upTo(length);
    const last: { openTime: string; close: string }[] = [];
    const told = Math.min(TOLD, length);
    const places = ascending
      ? Array.from({ length: told }, (_, i) => length - told + i)
      : [...openTimes.keys()].toSorted((a, b) => openTimes[a]! - openTimes[b]!).slice(-TOLD);
    for (const place of places)
      if (closed[place]) last.push({ openTime: instantOf(openTimes[place]!), close: closes[place]! });
    return JSON.stringify({ sha256: this.#hash.digest('hex'), closes: last });
  }
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
