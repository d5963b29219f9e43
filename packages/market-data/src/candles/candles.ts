import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  decimal,
  idInput,
  instantInput,
  pageFields,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';
import { type DefineInterval, type Interval, intervalName } from './intervals.ts';

export const priceTypes = ['trade', 'bid', 'ask', 'mid', 'mark'] as const;
/** Which price the candles are of. */
export type PriceType = (typeof priceTypes)[number];

/** What happened to a price in one bucket of time. */
export interface Candle {
  openTime: Instant;
  open: Decimal;
  high: Decimal;
  low: Decimal;
  close: Decimal;
  /** When the price was first `open`, `high` and `low`, and last `close`; absent where the source does not tell. */
  openAt?: Instant;
  highAt?: Instant;
  lowAt?: Instant;
  closeAt?: Instant;
  baseVolume: Decimal;
  /** Σ price × quantity: over `baseVolume` it is the volume-weighted average price (`vwap`). */
  quoteVolume?: Decimal;
  /** Of it, what takers bought. */
  takerBaseVolume?: Decimal;
  takerQuoteVolume?: Decimal;
  tradeCount?: number;
  /** False while its bucket is not over. */
  closed: boolean;
  /** Grows each time its content is changed. */
  revision: number;
  recordedAt: Instant;
}

/** One candle of a batch. */
export interface CandleInput {
  /** The beginning of a bucket of the interval. */
  openTime: string | Date;
  open: string;
  high: string;
  low: string;
  close: string;
  openAt?: string | Date | undefined;
  highAt?: string | Date | undefined;
  lowAt?: string | Date | undefined;
  closeAt?: string | Date | undefined;
  baseVolume: string;
  quoteVolume?: string | undefined;
  takerBaseVolume?: string | undefined;
  takerQuoteVolume?: string | undefined;
  tradeCount?: number | undefined;
  /** True where left out. */
  closed?: boolean | undefined;
}

/** Which candles: of what, cut how, of which price, from where. */
export interface CandleSeriesKey {
  symbol: string;
  interval: string;
  /** `trade` where left out. */
  priceType?: PriceType | undefined;
  /** Whose they are: for candles that are built from trades the venue. */
  source: string;
}

export interface UpsertCandles extends CandleSeriesKey {
  /** Each open time once, in any order, 100 000 at most. */
  candles: readonly CandleInput[];
}

/** What became of the candles. */
export interface UpsertedCandles {
  inserted: number;
  /** They stood with another content: what they were is kept, and read with `asOf`. */
  revised: number;
  unchanged: number;
}

/** The fields that name a series. */
export const seriesFields = {
  symbol: symbolInput,
  interval: intervalName,
  priceType: z.enum(priceTypes).default('trade'),
  source: idInput,
};

export const MAX_RANGE = 200_000;

const range = { from: instantInput, to: instantInput };
const inOrder = ({ from, to }: { from: Instant; to: Instant }) => from < to;
const notInOrder = { message: 'expected an instant after `from`', path: ['to'] };

/** `from` is inside, `to` is outside; 200 000 candles at most. */
export const rangeCandles = z
  .strictObject({
    ...seriesFields,
    ...range,
    /** What was known at this moment (the database's time) instead of what is known now. */
    asOf: instantInput.optional(),
    /** With the candle whose bucket is not over, as the last one. */
    forming: z.boolean().default(false),
  })
  .refine(inOrder, notInOrder);
/** Candles between two times, at once. */
export type RangeCandles = z.input<typeof rangeCandles>;

export const fillPolicies = ['empty', 'previous', 'linear', 'zero-volume'] as const;
/** What a gap is filled with: nothing, the last close, a line between the closes around it, or candles without volume. */
export type FillPolicy = (typeof fillPolicies)[number];

export const fillCandles = z
  .strictObject({
    ...seriesFields,
    ...range,
    /**
     * What stands in a bucket without a candle. `empty`: nothing. `previous`: the candle before, as it is. `linear`: prices on the line from the close before to
     * the open after. `zero-volume`: the close before as each price, and no volume.
     */
    policy: z.enum(fillPolicies),
    /** Buckets in a row that are filled at most: longer gaps are left `empty`. */
    longestGap: z.int().min(1).max(MAX_RANGE).default(MAX_RANGE),
  })
  .refine(inOrder, notInOrder);
/** Which gaps to fill, and how. */
export type FillCandles = z.input<typeof fillCandles>;

/** One bucket of a filled range. Where `synthetic`, it was not recorded; without prices, nothing stands in for it. */
export interface FilledCandle {
  openTime: Instant;
  open?: Decimal;
  high?: Decimal;
  low?: Decimal;
  close?: Decimal;
  baseVolume?: Decimal;
  synthetic: boolean;
}

export const listCandles = z.strictObject({
  ...seriesFields,
  from: instantInput.optional(),
  to: instantInput.optional(),
  sort: z.enum(['oldest', 'newest']).default('oldest'),
  ...pageFields(instantInput),
});
/** Candles between two times, in pages. */
export type ListCandles = z.input<typeof listCandles>;

export const candleSeries = z.strictObject(seriesFields);
export const getCandle = z.strictObject({ ...seriesFields, openTime: instantInput });
/** One candle, by the time it opened; with `asOf` as it stood then. */
export type GetCandle = z.input<typeof getCandle>;

export const buildCandles = z.strictObject({
  symbol: symbolInput,
  source: idInput,
  /** Buckets that end until then are closed: the adapter's clock where left out. */
  until: instantInput.optional(),
});
/** Of which candles to build those that are due, up to a time. */
export type BuildCandles = z.input<typeof buildCandles>;

export const rollUpCandles = z
  .strictObject({
    ...seriesFields,
    ...range,
  })
  .refine(inOrder, notInOrder);
/** Which candles to make of shorter ones. */
export type RollUpCandles = z.input<typeof rollUpCandles>;

/** What was closed of each interval. */
export interface BuiltCandles {
  interval: string;
  closed: number;
  closedUntil?: Instant;
}

/** Codes with which candles refuse. */
export type CandleRefusal =
  | 'unknown-instrument'
  | 'unknown-interval'
  | 'id-conflict'
  | 'misaligned'
  | 'too-many-digits'
  | 'not-divisible'
  | 'not-rolled-up';

/** The history of prices, cut into buckets of time. Errors are `not-found`, `conflict` or `invalid-input` with a `CandleRefusal` as code. */
export interface Candles {
  /** Writes candles of one series; what differs from what stands becomes its next revision. Repeating it changes nothing. */
  upsert(input: UpsertCandles, options?: CallOptions): Promise<UpsertedCandles>;
  /** Refused as `not-found` where there is none. */
  get(input: GetCandle, options?: CallOptions): Promise<Candle>;
  /** Nothing where there is none. */
  find(input: GetCandle, options?: CallOptions): Promise<Candle | undefined>;
  /** All at once, oldest first. */
  range(input: RangeCandles, options?: CallOptions): Promise<Candle[]>;
  /** One for each bucket, those that are missing filled in. */
  rangeFilled(input: FillCandles, options?: CallOptions): Promise<FilledCandle[]>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListCandles, options?: CallOptions): Listing<Candle>;
  /** The newest candle that has closed; nothing where there is none. */
  findLatest(input: CandleSeriesKey, options?: CallOptions): Promise<Candle | undefined>;
  /** What a candle was before each change, oldest first. */
  listRevisions(input: GetCandle, options?: CallOptions): Promise<Candle[]>;
  /** Closes what is over: candles from the trades of a venue, and the coarser ones from them. A worker does so all the time. */
  build(input: BuildCandles, options?: CallOptions): Promise<BuiltCandles[]>;
  /** Makes candles of an interval out of those of the finer one that it is rolled from, for the buckets that begin in a range. */
  rollUp(input: RollUpCandles, options?: CallOptions): Promise<UpsertedCandles>;
  /** Computes again what late trades or revised candles touched; answers how many buckets. A worker does so all the time. */
  recompute(options?: CallOptions): Promise<number>;
  /** Adds an interval beside those that are there. Refused with `not-divisible` where it is no multiple of what it is rolled up from. */
  defineInterval(input: DefineInterval, options?: CallOptions): Promise<Interval>;
  /** All of them. */
  listIntervals(options?: CallOptions): Promise<Interval[]>;
}

/** The volume-weighted average price, to 18 digits; absent where nothing was traded or the source does not tell. */
export const vwap = ({ quoteVolume, baseVolume }: Pick<Candle, 'quoteVolume' | 'baseVolume'>): Decimal | undefined =>
  quoteVolume === undefined || baseVolume === '0' ? undefined : decimal.div(quoteVolume, baseVolume, 18, 'half-even');
