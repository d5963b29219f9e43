import { type AdapterContext, type Instant, InvalidInputError, type Queries, contextLiteral } from '@tse/core';
import { scaleOf } from '../bulk/amount-text.ts';
import { instantOf } from '../bulk/event-time.ts';
import { Partitions } from '../bulk/partitions.ts';
import type { InstrumentRepository } from '../instruments/instruments.repository.ts';
import { BatchContent, candleLiterals, candleRows, coveredRanges, sliceCandles } from './candle-batches.ts';
import type { CandleColumns } from './candle-columns.ts';
import { candleColumns } from './candle-rows.ts';
import { type Series, statements } from './candle-statements.ts';
import type { CandleRefusal, UpsertedCandles } from './candles.ts';
import type { IntervalRepository } from './intervals.repository.ts';

/** From so many candles on, COPY is faster than arrays in a statement. */
const COPY_FROM = 2000;

const MERGE_AT_ONCE = 5000;

const copy = `copy candles (symbol, interval, price_type, source, ${candleColumns.filter((name) => name !== 'revision').join(', ')}) from stdin (format binary)`;
const rowsOf = (
  { symbol, interval, priceType, source }: Series,
  columns: CandleColumns,
  recordedAt: Instant,
  content: BatchContent,
) => candleRows(columns, [symbol, interval, priceType, source], recordedAt, content);

/** Writes batches of candles, each of one series. */
export class CandleWriter {
  readonly #context: AdapterContext;
  readonly #instruments: InstrumentRepository;
  readonly #intervals: IntervalRepository;
  readonly #partitions: Partitions;

  constructor(context: AdapterContext, instruments: InstrumentRepository, intervals: IntervalRepository) {
    this.#context = context;
    this.#instruments = instruments;
    this.#intervals = intervals;
    this.#partitions = new Partitions(context, 'candles');
  }

  async upsert(series: Series, columns: CandleColumns): Promise<UpsertedCandles> {
    const { length } = columns.openTimes;
    const { first, last, ...batch } = await this.#prepared(series, columns);
    const { pg } = this.#context;
    let counts = { inserted: 0, revised: 0 };
    if (length < COPY_FROM)
      counts = await pg.one(statements.upsert, {
        ...batch,
        ...candleLiterals(columns),
        payload: new BatchContent(columns).payload(),
      });
    else
      counts = await pg.transaction('market-data.candles.upsert', async (tx) => {
        const content = new BatchContent(columns);
        const { occupied, recorded_at } = await tx.one(statements.lock, { ...series, first, last });
        const written = occupied
          ? await this.#merge(tx, series, columns)
          : {
              inserted: await tx.copyIn(
                'market-data.candles.copy',
                copy,
                rowsOf(series, columns, recorded_at, content),
              ),
              revised: 0,
            };
        const payload = content.payload();
        await tx.run(statements.finish, { ...batch, ...written, payload, first, last, openTimes: null });
        return written;
      });
    return { ...counts, unchanged: length - counts.inserted - counts.revised };
  }

  /** What may be there already goes by arrays, part by part: COPY knows no conflicts. */
  async #merge(tx: Queries, series: Series, columns: CandleColumns) {
    const none = { covered: null, payload: null, eventId: null, at: null, context: null };
    const total = { inserted: 0, revised: 0 };
    for (let from = 0; from < columns.openTimes.length; from += MERGE_AT_ONCE) {
      const part = candleLiterals(sliceCandles(columns, from, from + MERGE_AT_ONCE));
      const { inserted, revised } = await tx.one(statements.upsert, { ...series, ...part, ...none });
      total.inserted += inserted;
      total.revised += revised;
    }
    return total;
  }

  /** Checks what a batch alone does not tell: the digits of the instrument, the buckets of the interval, room for its months. */
  async #prepared(series: Series, columns: CandleColumns) {
    const { priceScale, quantityScale } = await this.#instruments.scalesOf(series.symbol);
    const interval = await this.#intervals.get(series.interval);
    // What lies between two prices may have a digit more; what was rolled up or traded cannot.
    const digits = series.priceType === 'mid' || series.priceType === 'mark' ? 18 : priceScale;
    const { openTimes } = columns;
    const fits = (amount: string | null, scale: number) => amount === null || scaleOf(amount) <= scale;
    for (let i = 0; i < openTimes.length; i += 1) {
      if (
        !fits(columns.opens[i]!, digits) ||
        !fits(columns.highs[i]!, digits) ||
        !fits(columns.lows[i]!, digits) ||
        !fits(columns.closes[i]!, digits) ||
        !fits(columns.baseVolumes[i]!, quantityScale)
      )
        throw refused('too-many-digits', i, 'more digits than the instrument has');
    }
    const buckets = await this.#intervals.buckets(interval, openTimes);
    let first = Infinity;
    let last = -Infinity;
    for (let i = 0; i < openTimes.length; i += 1) {
      const openTime = openTimes[i]!;
      if (buckets[i]!.start !== openTime)
        throw refused('misaligned', i, `the bucket begins at ${instantOf(buckets[i]!.start)}`);
      if (openTime < first) first = openTime;
      if (openTime > last) last = openTime;
    }
    await this.#partitions.ensure(last);
    return {
      ...series,
      first: instantOf(first),
      last: instantOf(last),
      covered: coveredRanges(columns, (place) => buckets[place]!.end),
      eventId: this.#context.ids.next(),
      at: this.#context.clock.now(),
      context: contextLiteral(),
    };
  }
}

const refused = (code: CandleRefusal, place: number, message: string) =>
  new InvalidInputError([{ path: `candles.${place}`, message }], code);
