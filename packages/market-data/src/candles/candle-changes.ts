import type { Instant } from '@tse/core';
import { instantOf, microsOf } from '../bulk/event-time.ts';
import type { CandleColumns } from './candle-columns.ts';

/** What a batch says of a candle, in the order in which `CandleChanges` reads the rows that are there. */
export const contentColumns = [
  'open_time',
  'open',
  'high',
  'low',
  'close',
  'open_at',
  'high_at',
  'low_at',
  'close_at',
  'base_volume',
  'quote_volume',
  'taker_base_volume',
  'taker_quote_volume',
  'trade_count',
  'is_closed',
] as const;

const isSameTime = (instant: unknown, micros: number | null): boolean =>
  instant === null ? micros === null : micros !== null && (instant as Instant) === instantOf(micros);

/** Finds which candles of a batch are new and which differ from what is there, whose rows it is handed by open time. */
export class CandleChanges {
  /** Places in the batch. */
  readonly added: number[] = [];
  readonly changed: number[] = [];
  readonly #columns: CandleColumns;
  /** By open time. */
  readonly #places: readonly number[];
  #at = 0;

  constructor(columns: CandleColumns) {
    this.#columns = columns;
    const places = [...columns.openTimes.keys()];
    this.#places = columns.ascending ? places : places.sort((a, b) => columns.openTimes[a]! - columns.openTimes[b]!);
  }

  row(row: readonly unknown[]): void {
    const openTime = microsOf(row[0])!;
    this.#addUntil(openTime);
    const place = this.#places[this.#at];
    if (place === undefined || this.#columns.openTimes[place] !== openTime) return;
    if (!this.#isSame(row, place)) this.changed.push(place);
    this.#at += 1;
  }

  /** After the last row. */
  end(): void {
    this.#addUntil(Infinity);
  }

  #addUntil(openTime: number): void {
    const { openTimes } = this.#columns;
    for (let place = this.#places[this.#at]; place !== undefined && openTimes[place]! < openTime;) {
      this.added.push(place);
      place = this.#places[(this.#at += 1)];
    }
  }

  #isSame(row: readonly unknown[], place: number): boolean {
    const columns = this.#columns;
    return (
      row[1] === columns.opens[place] &&
      row[2] === columns.highs[place] &&
      row[3] === columns.lows[place] &&
      row[4] === columns.closes[place] &&
      isSameTime(row[5], columns.openAts[place]!) &&
      isSameTime(row[6], columns.highAts[place]!) &&
      isSameTime(row[7], columns.lowAts[place]!) &&
      isSameTime(row[8], columns.closeAts[place]!) &&
      row[9] === columns.baseVolumes[place] &&
      row[10] === columns.quoteVolumes[place] &&
      row[11] === columns.takerBaseVolumes[place] &&
      row[12] === columns.takerQuoteVolumes[place] &&
      row[13] === columns.tradeCounts[place] &&
      row[14] === columns.closed[place]
    );
  }
}
