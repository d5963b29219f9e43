import { type AdapterContext, type CallOptions, type Listing, listing, operation, refusal, toPage } from '@tse/core';
import { z } from 'zod';
import type { InstrumentRepository } from '../instruments/instruments.repository.ts';
import { CandleBuilder } from './candle-builder.ts';
import { upsertCandles } from './candle-columns.ts';
import { toCandle } from './candle-rows.ts';
import { ofSeries, statements } from './candle-statements.ts';
import { CandleWriter } from './candle-writer.ts';
import {
  type BuildCandles,
  type BuiltCandles,
  type Candle,
  type CandleSeriesKey,
  type Candles,
  type FillCandles,
  type FilledCandle,
  type GetCandle,
  type ListCandles,
  MAX_RANGE,
  type RangeCandles,
  type RollUpCandles,
  type UpsertCandles,
  type UpsertedCandles,
  buildCandles,
  candleSeries,
  fillCandles,
  getCandle,
  listCandles,
  rangeCandles,
  rollUpCandles,
} from './candles.ts';
import { fillGaps } from './fill-gaps.ts';
import { FormingCandles } from './forming-candles.ts';
import { type DefineInterval, type Interval, defineInterval } from './intervals.ts';
import { IntervalRepository } from './intervals.repository.ts';

const nameOf = (series: z.output<typeof candleSeries>) =>
  `${series.symbol}/${series.interval}/${series.priceType}/${series.source}`.slice(0, 64);

const operations = {
  upsert: operation('market-data.candles.upsert', upsertCandles, nameOf),
  get: operation('market-data.candles.get', getCandle),
  find: operation('market-data.candles.find', getCandle),
  range: operation('market-data.candles.range', rangeCandles),
  list: operation('market-data.candles.list', listCandles),
  findLatest: operation('market-data.candles.findLatest', candleSeries),
  listRevisions: operation('market-data.candles.listRevisions', getCandle),
  rangeFilled: operation('market-data.candles.rangeFilled', fillCandles),
  build: operation('market-data.candles.build', buildCandles, ({ symbol }) => symbol),
  rollUp: operation('market-data.candles.rollUp', rollUpCandles, nameOf),
  recompute: operation('market-data.candles.recompute', z.strictObject({})),
  defineInterval: operation('market-data.candles.defineInterval', defineInterval, ({ name }) => name),
  listIntervals: operation('market-data.candles.listIntervals', z.strictObject({})),
};

const tooLong = () => refusal('range-too-long', { most: MAX_RANGE }, { 'range-too-long': 'to' });

export class CandleRepository implements Candles {
  readonly #context: AdapterContext;
  readonly #intervals: IntervalRepository;
  readonly #writer: CandleWriter;
  readonly #builder: CandleBuilder;
  readonly #forming: FormingCandles;

  constructor(context: AdapterContext, instruments: InstrumentRepository) {
    this.#context = context;
    this.#intervals = new IntervalRepository(context);
    this.#writer = new CandleWriter(context, instruments, this.#intervals);
    this.#builder = new CandleBuilder(context, instruments, this.#intervals);
    this.#forming = new FormingCandles(context, this.#intervals);
  }

  upsert(input: UpsertCandles, options?: CallOptions): Promise<UpsertedCandles> {
    return this.#context.run(operations.upsert, input, options, ({ candles, ...series }) =>
      this.#writer.upsert(series, candles),
    );
  }

  get(input: GetCandle, options?: CallOptions): Promise<Candle> {
    return this.#context.run(operations.get, input, options, async (given) => {
      const [candle] = await this.#context.pg.arrays(statements.find, given, toCandle);
      if (!candle) throw refusal('unknown-candle', { symbol: given.symbol, openTime: given.openTime });
      return candle;
    });
  }

  find(input: GetCandle, options?: CallOptions): Promise<Candle | undefined> {
    return this.#context.run(operations.find, input, options, async (given) => {
      const [candle] = await this.#context.pg.arrays(statements.find, given, toCandle);
      return candle;
    });
  }

  range(input: RangeCandles, options?: CallOptions): Promise<Candle[]> {
    return this.#context.run(operations.range, input, options, async ({ forming, ...given }) => {
      const candles = await this.#range(given);
      if (!forming) return candles;
      const last = candles.at(-1)?.openTime ?? '';
      const unclosed = await this.#forming.of(given);
      return [
        ...candles,
        ...unclosed.filter(({ openTime }) => openTime > last && openTime >= given.from && openTime < given.to),
      ];
    });
  }

  rangeFilled(input: FillCandles, options?: CallOptions): Promise<FilledCandle[]> {
    return this.#context.run(operations.rangeFilled, input, options, async ({ policy, longestGap, ...given }) => {
      const interval = await this.#intervals.get(given.interval);
      const starts = await this.#intervals.starts(interval, given.from, given.to, MAX_RANGE);
      if (starts.length > MAX_RANGE) throw tooLong();
      return fillGaps(starts, await this.#range(given), policy, longestGap);
    });
  }

  async #range({ asOf, ...given }: Omit<z.output<typeof rangeCandles>, 'forming'>): Promise<Candle[]> {
    const limits = { ...given, limit: MAX_RANGE + 1 };
    const { pg } = this.#context;
    const candles =
      asOf === undefined
        ? await pg.arrays(statements.range, limits, toCandle)
        : await pg.arrays(statements.rangeAsOf, { ...limits, asOf }, toCandle);
    if (candles.length > MAX_RANGE) throw tooLong();
    return candles;
  }

  list(input: ListCandles, options?: CallOptions): Listing<Candle> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ from, to, sort, cursor: after, limit, ...series }) => {
        const oldest = sort === 'oldest';
        let query = ofSeries(series)
          .orderBy('open_time', oldest ? 'asc' : 'desc')
          .limit(limit + 1);
        if (from !== undefined) query = query.where('open_time', '>=', from);
        if (to !== undefined) query = query.where('open_time', '<', to);
        if (after) query = query.where('open_time', oldest ? '>' : '<', after[0]);
        const rows = await this.#context.pg.query('market-data.candles.list', 'replica', query);
        return toPage(
          rows.map((row) => toCandle(Object.values(row))),
          limit,
          ({ openTime }) => [openTime],
        );
      }),
    );
  }

  findLatest(input: CandleSeriesKey, options?: CallOptions): Promise<Candle | undefined> {
    return this.#context.run(operations.findLatest, input, options, async (series) => {
      const [candle] = await this.#context.pg.arrays(statements.latest, series, toCandle);
      return candle;
    });
  }

  listRevisions(input: GetCandle, options?: CallOptions): Promise<Candle[]> {
    return this.#context.run(operations.listRevisions, input, options, (given) =>
      this.#context.pg.arrays(statements.revisions, given, toCandle),
    );
  }

  build(input: BuildCandles, options?: CallOptions): Promise<BuiltCandles[]> {
    return this.#context.run(operations.build, input, options, async (given) => {
      const built = await this.#builder.build(given);
      await this.#forming.changed(given);
      return built;
    });
  }

  rollUp(input: RollUpCandles, options?: CallOptions): Promise<UpsertedCandles> {
    return this.#context.run(operations.rollUp, input, options, (given) => this.#builder.rollUp(given));
  }

  recompute(options?: CallOptions): Promise<number> {
    return this.#context.run(operations.recompute, {}, options, () => this.#builder.recompute());
  }

  /** For the worker. */
  buildDue(signal: AbortSignal): Promise<number> {
    return this.#builder.buildDue((series) => this.#forming.changed(series), signal);
  }

  /** After trades of a venue were recorded. */
  tradesRecorded({ venue, symbol }: { venue: string; symbol: string }): Promise<void> {
    return this.#forming.changed({ symbol, source: venue });
  }

  defineInterval(input: DefineInterval, options?: CallOptions): Promise<Interval> {
    return this.#context.run(operations.defineInterval, input, options, (given) => this.#intervals.define(given));
  }

  listIntervals(options?: CallOptions): Promise<Interval[]> {
    return this.#context.run(operations.listIntervals, {}, options, () => this.#intervals.list());
  }
}
