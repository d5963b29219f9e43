import type { Decimal, Instant } from '@tse/core';
import { contentColumns } from './candle-changes.ts';
import type { Candle } from './candles.ts';

/** The columns of a candle within its series, in the order in which `toCandle` reads them. */
export const candleColumns = [...contentColumns, 'revision', 'recorded_at'] as const;

type Row = readonly [
  openTime: Instant,
  open: Decimal,
  high: Decimal,
  low: Decimal,
  close: Decimal,
  openAt: Instant | null,
  highAt: Instant | null,
  lowAt: Instant | null,
  closeAt: Instant | null,
  baseVolume: Decimal,
  quoteVolume: Decimal | null,
  takerBaseVolume: Decimal | null,
  takerQuoteVolume: Decimal | null,
  tradeCount: number | null,
  closed: boolean,
  revision: number,
  recordedAt: Instant,
];

/** A candle from a row that is an array. */
export function toCandle(array: readonly unknown[]): Candle {
  const row = array as Row;
  const candle: Candle = {
    openTime: row[0],
    open: row[1],
    high: row[2],
    low: row[3],
    close: row[4],
    baseVolume: row[9],
    closed: row[14],
    revision: row[15],
    recordedAt: row[16],
  };
  if (row[5] !== null) candle.openAt = row[5];
  if (row[6] !== null) candle.highAt = row[6];
  if (row[7] !== null) candle.lowAt = row[7];
  if (row[8] !== null) candle.closeAt = row[8];
  if (row[10] !== null) candle.quoteVolume = row[10];
  if (row[11] !== null) candle.takerBaseVolume = row[11];
  if (row[12] !== null) candle.takerQuoteVolume = row[12];
  if (row[13] !== null) candle.tradeCount = row[13];
  return candle;
}
