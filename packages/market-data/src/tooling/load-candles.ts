import { InvalidInputError } from '@tse/core';
import type { LoadContext, Loaded } from '@tse/core/admin';
import type { MarketDataAdapter } from '../adapter.ts';
import { amountOf, compareAmounts } from '../bulk/amount-text.ts';
import { microsOf } from '../bulk/event-time.ts';
import { type Interval, bucketStart } from '../candles/intervals.ts';
import { Counts, type NumberedRow, writeRows } from './bulk-files/batches.ts';
import { type Kline, isKlineHeader, parseKline } from './bulk-files/klines.ts';
import { type RowFormat, instrumentOf, readRows, tooFine } from './bulk-files/rows.ts';

const BATCH = 10_000;
const DAY = 86_400;

const pricesOf = ({ open, high, low, close }: Kline) => [open, high, low, close];
const format: RowFormat<Kline> = {
  what: 'candles',
  isHeader: isKlineHeader,
  parse: parseKline,
  pricesOf,
  quantitiesOf: ({ baseVolume, takerBaseVolume }) => [baseVolume, takerBaseVolume ?? '0'],
};

/** Loads an exchange's bulk file of klines. */
export async function loadCandles(marketData: MarketDataAdapter, context: LoadContext): Promise<Loaded> {
  const { path, given, onRead, onRejected, signal } = context;
  const source = given['source'] ?? 'import';
  const { instrument, notes } = await instrumentOf(marketData, format, context);
  const { symbol } = instrument;
  const intervals = await marketData.candles.listIntervals({ signal });
  const counts = new Counts(onRejected);
  let interval: Interval | undefined =
    given['interval'] === undefined ? undefined : named(intervals, given['interval']);

  const write = async (rows: readonly NumberedRow<Kline>[]) => {
    const written = await writeRows(rows, {
      reject: counts.reject,
      signal,
      write: (left) =>
        marketData.candles.upsert(
          {
            symbol,
            interval: interval!.name,
            source,
            candles: left.map(({ row: { length: _, ...candle } }) => candle),
          },
          { signal },
        ),
    });
    counts.inserted += written?.inserted ?? 0;
    counts.revised += written?.revised ?? 0;
    counts.duplicates += written?.unchanged ?? 0;
  };

  let batch = new Map<string, NumberedRow<Kline>>();
  for await (const rows of readRows(path, format, onRead)) {
    for (const read of rows) {
      const { line } = read;
      if ('reason' in read) {
        counts.reject(line, read.reason);
        continue;
      }
      const { row } = read;
      interval ??= ofLength(intervals, row.length / 1_000_000);
      const wrong = problemOf(row, interval) ?? tooFine(instrument, pricesOf(row), format.quantitiesOf(row));
      const twin = batch.get(row.openTime);
      if (wrong !== undefined) counts.reject(line, wrong);
      else if (twin === undefined) batch.set(row.openTime, { line, row });
      else if (JSON.stringify(twin.row) === JSON.stringify(row)) counts.duplicates += 1;
      else counts.reject(line, `line ${twin.line} has another candle of the same time`);
      if (batch.size === BATCH) {
        await write([...batch.values()]);
        batch = new Map();
      }
    }
  }
  if (batch.size > 0) await write([...batch.values()]);
  const { inserted, duplicates, revised, rejected } = counts;
  const of = `${interval ? `${interval.name} ` : ''}candles of ${symbol}, source ${source}`;
  return { of, inserted, duplicates, revised, rejected, notes };
}

const refused = (message: string) => new InvalidInputError([{ path: 'interval', message }], 'unknown-interval');

function named(intervals: readonly Interval[], name: string): Interval {
  const found = intervals.find((interval) => interval.name === name);
  if (!found) throw refused(`there is no interval ${name}; there is ${intervals.map((each) => each.name).join(', ')}`);
  return found;
}

/** The interval whose candles are so many seconds long. */
function ofLength(intervals: readonly Interval[], seconds: number): Interval {
  const found = intervals.find((interval) => lasts(interval, seconds));
  if (!found)
    throw refused(`there is no interval of ${seconds} seconds: define one, or say which it is with --interval`);
  return found;
}

function lasts({ unit, seconds: step, timeZone }: Interval, seconds: number): boolean {
  if (unit === 'fixed') return seconds === step;
  // Where the clocks change a day has an hour more or less.
  const slack = timeZone === 'UTC' ? 0 : 7200;
  const near = (least: number, most: number) => seconds >= least * DAY - slack && seconds <= most * DAY + slack;
  return unit === 'day' ? near(1, 1) : unit === 'week' ? near(7, 7) : near(28, 31);
}

function problemOf({ openTime, length, open, high, low, close }: Kline, interval: Interval): string | undefined {
  const { name } = interval;
  if (!lasts(interval, length / 1_000_000)) return `it lasts ${length / 1_000_000} seconds, which ${name} does not`;
  if (interval.unit === 'fixed') {
    const micros = microsOf(openTime);
    if (micros === undefined || bucketStart(interval, micros) !== micros)
      return `open time ${openTime} is not the beginning of a candle of ${name}`;
  }
  const [o, h, l, c] = [open, high, low, close].map((text) => amountOf(text) ?? '0') as [
    string,
    string,
    string,
    string,
  ];
  if ([o, l, c].some((price) => compareAmounts(price, h) > 0)) return `high ${high} is not the highest price`;
  if ([o, c].some((price) => compareAmounts(price, l) < 0)) return `low ${low} is not the lowest price`;
  return undefined;
}
