import { type AdapterContext, type Instant, InvalidInputError, type Queries, contextLiteral } from '@tse/core';
import { scaleOf } from '../bulk/amount-text.ts';
import { instantOf } from '../bulk/event-time.ts';
import { Partitions } from '../bulk/partitions.ts';
import type { InstrumentRepository } from '../instruments/instruments.repository.ts';
import { BatchContent, candleLiterals, candleRows, coveredRanges, pickCandles } from './candle-batches.ts';
import { CandleChanges } from './candle-changes.ts';
import type { CandleColumns } from './candle-columns.ts';
import { candleColumns } from './candle-rows.ts';
import { type Series, statements } from './candle-statements.ts';
import type { CandleRefusal, UpsertedCandles } from './candles.ts';
import type { IntervalRepository } from './intervals.repository.ts';

/** From so many candles on, COPY is faster than arrays in a statement. */
const COPY_FROM = 2000;

const MERGE_AT_ONCE = 5000;
/** What is there is read only where at most so many candles begin in the span of a batch for each of its own. */
const DENSE = 2;

const copy = `copy candles (symbol, interval, price_type, source, ${candleColumns.filter((name) => name !== 'revision').join(', ')}) from stdin (format binary)`;

type Span = Series & { first: Instant; last: Instant };
interface Counts {
  inserted: number;
  revised: number;
}

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
    const { first, last, isDense, ...batch } = await this.#prepared(series, columns);
    const { pg } = this.#context;
    let counts: Counts;
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
          ? await this.#merge(tx, { ...series, first, last }, columns, recorded_at, isDense)
          : await this.#copy(tx, series, columns, recorded_at, content);
        const payload = written.inserted + written.revised > 0 ? content.payload() : null;
        await tx.run(statements.finish, { ...batch, ...written, payload, first, last, openTimes: null });
        return written;
      });
    return { ...counts, unchanged: length - counts.inserted - counts.revised };
  }

  async #copy(
    tx: Queries,
    series: Series,
    columns: CandleColumns,
    recordedAt: Instant,
    content?: BatchContent,
  ): Promise<Counts> {
    const { symbol, interval, priceType, source } = series;
    const rows = candleRows(columns, [symbol, interval, priceType, source], recordedAt, content);
    return { inserted: await tx.copyIn('market-data.candles.copy', copy, rows), revised: 0 };
  }

  /**
   * COPY knows no conflicts, and a statement that does locks and writes what is to stay as it is. Under the series' lock nothing changes
   * meanwhile: what is there is read and compared, and only what differs is written.
   */
  async #merge(
    tx: Queries,
    span: Span,
    columns: CandleColumns,
    recordedAt: Instant,
    isDense: boolean,
  ): Promise<Counts> {
    const total = { inserted: 0, revised: 0 };
    const add = ({ inserted, revised }: Counts) => {
      total.inserted += inserted;
      total.revised += revised;
    };
    let places = [...columns.openTimes.keys()];
    if (isDense) {
      const changes = new CandleChanges(columns);
      await tx.arrays(statements.contents, span, (row) => changes.row(row));
      changes.end();
      const { added, changed } = changes;
      if (added.length >= COPY_FROM) add(await this.#copy(tx, span, pickCandles(columns, added), recordedAt));
      places = added.length >= COPY_FROM ? changed : [...added, ...changed];
    }
    const none = { covered: null, payload: null, eventId: null, at: null, context: null };
    for (let from = 0; from < places.length; from += MERGE_AT_ONCE) {
      const part = candleLiterals(pickCandles(columns, places.slice(from, from + MERGE_AT_ONCE)));
      add(await tx.one(statements.upsert, { ...span, ...part, ...none }));
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
    if (columns.priceScale > digits || columns.baseScale > quantityScale) {
      const { opens, highs, lows, closes, baseVolumes } = columns;
      const place = baseVolumes.findIndex(
        (volume, i) =>
          scaleOf(volume) > quantityScale ||
          [opens[i]!, highs[i]!, lows[i]!, closes[i]!].some((price) => scaleOf(price) > digits),
      );
      throw refused('too-many-digits', place, 'more digits than the instrument has');
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
      isDense: last - first <= DENSE * openTimes.length * (buckets[0]!.end - buckets[0]!.start),
      covered: coveredRanges(columns, (place) => buckets[place]!.end),
      eventId: this.#context.ids.next(),
      at: this.#context.clock.now(),
      context: contextLiteral(),
    };
  }
}

const refused = (code: CandleRefusal, place: number, message: string) =>
  new InvalidInputError([{ path: `candles.${place}`, message }], code);
