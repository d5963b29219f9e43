import { type CallOptions, type Instant, idInput, instantInput, symbolInput } from '@tse/core';
import { z } from 'zod';
import { priceTypes } from '../candles/candles.ts';
import { intervalName } from '../candles/intervals.ts';

export const coverageKinds = ['trades', 'candles', 'ticks', 'quotes', 'book'] as const;
/** What data it is. */
export type CoverageKind = (typeof coverageKinds)[number];

/** A span of time: `from` is inside, `to` is outside. */
export interface TimeRange {
  from: Instant;
  to: Instant;
}

/** Of what data coverage is kept. */
export interface CoverageKey {
  symbol: string;
  kind: CoverageKind;
  /** The venue of trades, the source of anything else. */
  source: string;
  /** Of candles. */
  interval?: string;
  priceType?: string;
}

/** What is there of a series, gaps left out. */
export interface Coverage extends CoverageKey {
  covered: TimeRange[];
  updatedAt: Instant;
}

const key = {
  symbol: symbolInput,
  kind: z.enum(coverageKinds),
  source: idInput,
  interval: intervalName.optional(),
  priceType: z.enum(priceTypes).optional(),
};
const hasInterval = ({ kind, interval }: { kind: CoverageKind; interval?: string | undefined }) =>
  (kind === 'candles') === (interval !== undefined);
const needsInterval = { message: 'expected with candles, and with nothing else', path: ['interval'] };

export const getCoverage = z.strictObject(key).refine(hasInterval, needsInterval);
/** Of what data the coverage is wanted. */
export type GetCoverage = z.input<typeof getCoverage>;

/** Without `from` and `to` between the first and the last that is there. */
export const missingCoverage = z
  .strictObject({ ...key, from: instantInput.optional(), to: instantInput.optional() })
  .refine(hasInterval, needsInterval)
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    message: 'expected an instant after `from`',
    path: ['to'],
  });
/** Between which times gaps are looked for. */
export type MissingCoverage = z.input<typeof missingCoverage>;

export const markCovered = z
  .strictObject({ ...key, from: instantInput, to: instantInput })
  .refine(hasInterval, needsInterval)
  .refine(({ from, to }) => from < to, { message: 'expected an instant after `from`', path: ['to'] });
/** A span of time of which all data is there. */
export type MarkCovered = z.input<typeof markCovered>;

/** What is there and what is not. Errors are `not-found` (`unknown-instrument`) or `invalid-input`. */
export interface CoveragePort {
  /** Nothing where there is none. */
  find(input: GetCoverage, options?: CallOptions): Promise<Coverage | undefined>;
  /** The spans of time that are asked for and not covered, oldest first. */
  missing(input: MissingCoverage, options?: CallOptions): Promise<TimeRange[]>;
  /** Says that all there is of a span was recorded: where nothing happened, only the source knows that. */
  mark(input: MarkCovered, options?: CallOptions): Promise<Coverage>;
  /** Of all series of an instrument. */
  list(symbol: string, options?: CallOptions): Promise<Coverage[]>;
}
