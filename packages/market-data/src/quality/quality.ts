import {
  type CallOptions,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  pageFields,
  symbolInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { intervalName } from '../candles/intervals.ts';

/**
 * `gap`: candles are missing. `lost`: live data that Redis took and lost before it was archived. `outlier`: a close far from the one before.
 * `negative-spread`: a bid above its ask. `stale`: a source has gone quiet. `out-of-order`, `zero-price`: as a feed's reader reports them.
 */
export const findingKinds = [
  'gap',
  'lost',
  'outlier',
  'negative-spread',
  'stale',
  'out-of-order',
  'zero-price',
] as const;
/** What is wrong with data. */
export type FindingKind = (typeof findingKinds)[number];

/** Something that is not as it should be: a span of a series, `to` outside. */
export interface Finding {
  id: string;
  symbol: string;
  kind: FindingKind;
  /** `candles/1m/binance`, `ticks/binance`, `quotes/binance`. */
  series: string;
  from: Instant;
  to: Instant;
  /** What shows it. */
  evidence: Record<string, string | number>;
  foundAt: Instant;
}

const evidence = z
  .record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,39}$/), z.union([textInput(200), z.number()]))
  .refine((fields) => Object.keys(fields).length <= 20, 'expected at most 20 fields');

/** The same span of the same series is found once: again it answers what stands. */
export const reportFinding = z
  .strictObject({
    symbol: symbolInput,
    kind: z.enum(findingKinds),
    series: textInput(200),
    from: instantInput,
    to: instantInput,
    evidence: evidence.default({}),
  })
  .refine(({ from, to }) => from < to, { message: 'expected an instant after `from`', path: ['to'] });
/** What is wrong with which data. */
export type ReportFinding = z.input<typeof reportFinding>;

export const listFindings = z.strictObject({
  symbol: symbolInput.optional(),
  kind: z.enum(findingKinds).optional(),
  /** By the time they were found. */
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, idInput),
});
/** Which findings, in pages. */
export type ListFindings = z.input<typeof listFindings>;

/** Looks through the candles, quotes and ticks of one source in a span. */
export const sweepQuality = z
  .strictObject({
    symbol: symbolInput,
    source: idInput,
    interval: intervalName.default('1m'),
    from: instantInput,
    to: instantInput,
    /** A close is an outlier where it differs from the one before by more than this part of it. */
    outlierAbove: z.number().positive().max(1000).default(0.2),
    /** A source is quiet where its last tick is older. */
    staleAfterMs: z.int().positive().default(60_000),
  })
  .refine(({ from, to }) => from < to, { message: 'expected an instant after `from`', path: ['to'] });
/** What to look over, between two times. */
export type SweepQuality = z.input<typeof sweepQuality>;

/** What is wrong with the data. Errors are `not-found` (`unknown-instrument`) or `invalid-input`. */
export interface Quality {
  /** Writes down what somebody found; the same span of the same series again answers what stands. */
  report(input: ReportFinding, options?: CallOptions): Promise<Finding>;
  /** In the order in which they were found. */
  list(input?: ListFindings, options?: CallOptions): Listing<Finding>;
  /** Answers what it found that was not known. */
  sweep(input: SweepQuality, options?: CallOptions): Promise<Finding[]>;
}
