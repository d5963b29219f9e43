import {
  type CallOptions,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  pageFields,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';
import { isPositiveSemidefinite, matrixOf } from './correlation-matrix.ts';
import type { NoCorrelation } from './partial-sums.ts';

const finite = z.number().min(-1e6).max(1e6);
const intervalName = z
  .string({ error: 'expected an interval such as 1m' })
  .regex(/^[A-Za-z0-9][A-Za-z0-9@/_+-]{0,39}$/);
const sourceName = idInput;
/** One name of a correlation between two symbols; either may be said first. */
const pair = { first: symbolInput, second: symbolInput };
const apart = { path: ['second'], error: 'expected two symbols' };
const series = { interval: intervalName.default('1m'), source: sourceName };
const range = { from: instantInput, to: instantInput };
const inOrder = ({ from, to }: { from: Instant; to: Instant }) => from < to;
const orderIssue = { path: ['to'], error: 'expected an end after the start' };

/** The paired returns of whole buckets (UTC days): what was recorded for a bucket before is replaced. */
export const recordReturns = z
  .strictObject({
    ...pair,
    ...series,
    buckets: z
      .array(
        z.strictObject({
          day: instantInput,
          returns: z
            .array(z.tuple([finite, finite]))
            .min(1)
            .max(100_000),
        }),
      )
      .min(1)
      .max(366)
      .refine(
        (buckets) => buckets.every(({ day }) => day.endsWith('T00:00:00.000000Z')),
        'expected buckets that begin at midnight UTC',
      )
      .refine((buckets) => new Set(buckets.map(({ day }) => day)).size === buckets.length, 'a day is there twice'),
  })
  .refine(({ first, second }) => first !== second, apart);
export type RecordReturns = z.input<typeof recordReturns>;

/** Computes the partial sums of the days in a range from closed candles that both symbols have. */
export const trackCorrelation = z
  .strictObject({
    ...pair,
    ...series,
    priceType: z.enum(['trade', 'bid', 'ask', 'mid', 'mark']).default('trade'),
    ...range,
  })
  .refine(({ first, second }) => first !== second, apart)
  .refine(inOrder, orderIssue)
  .refine(({ from, to }) => [from, to].every((at) => at.endsWith('T00:00:00.000000Z')), {
    path: ['from'],
    error: 'expected whole UTC days',
  });
export type TrackCorrelation = z.input<typeof trackCorrelation>;

/** Of the days that begin in the range. */
export const getCorrelation = z
  .strictObject({ ...pair, ...series, ...range })
  .refine(({ first, second }) => first !== second, apart)
  .refine(inOrder, orderIssue);
export type GetCorrelation = z.input<typeof getCorrelation>;

const target = z
  .strictObject({ ...pair, target: z.number().min(-1).max(1) })
  .refine(({ first, second }) => first !== second, apart);

/** A matrix of targets. Pairs of its symbols that are not named are aimed at zero. Never changed after. */
export const defineTargets = z
  .strictObject({
    targetsId: idInput,
    symbols: z.array(symbolInput).min(2).max(64),
    pairs: z.array(target).max(2016),
    scenarioId: idInput.optional(),
    scenarioVersion: z.int().min(1).max(1_000_000).optional(),
  })
  .superRefine(({ symbols, pairs, scenarioId, scenarioVersion }, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (new Set(symbols).size < symbols.length) refuse(['symbols'], 'a symbol is there twice');
    const seen = new Set<string>();
    for (const [i, { first, second }] of pairs.entries()) {
      const name = [first, second].toSorted().join(' ');
      if (seen.has(name)) refuse(['pairs', i], 'this pair is there twice');
      seen.add(name);
      if (!symbols.includes(first)) refuse(['pairs', i, 'first'], 'is none of the symbols');
      if (!symbols.includes(second)) refuse(['pairs', i, 'second'], 'is none of the symbols');
    }
    if ((scenarioId === undefined) !== (scenarioVersion === undefined))
      refuse(['scenarioVersion'], 'expected a version with a scenario, and a scenario with a version');
    if (!isPositiveSemidefinite(matrixOf(symbols, pairs)))
      refuse(['pairs'], 'no prices can be correlated like this: the matrix is not positive semidefinite');
  });
export type DefineTargets = z.input<typeof defineTargets>;

export const getDrift = z.strictObject({ targetsId: idInput, ...series, ...range }).refine(inOrder, orderIssue);
export type GetDrift = z.input<typeof getDrift>;

/** In the order of their ids. */
export const listTargets = z.strictObject({ ...pageFields(idInput) });
export type ListTargets = z.input<typeof listTargets>;

/** A statistic: a finite double, or absent with a reason. */
export interface Correlation {
  first: string;
  second: string;
  interval: string;
  source: string;
  from: Instant;
  to: Instant;
  /** Pearson's, of logarithmic returns. */
  correlation?: number;
  reason?: NoCorrelation;
  /** Pairs of returns. */
  count: number;
  /** Of the days that there are sums of. */
  days: number;
}

/** The correlations, from -1 to 1, that a scenario aims at. */
export interface CorrelationTargets {
  targetsId: string;
  symbols: string[];
  pairs: { first: string; second: string; target: number }[];
  scenarioId?: string;
  scenarioVersion?: number;
  definedAt: Instant;
}

/** Realised minus target of one pair; absent with the correlation. */
export interface CorrelationDrift extends Correlation {
  target: number;
  drift?: number;
}

/** Codes with which correlations refuse. */
export type CorrelationRefusal =
  | 'unknown-instrument'
  | 'unknown-interval'
  | 'unknown-targets'
  | 'unknown-scenario-version'
  | 'id-conflict';

/**
 * How prices move together, kept as partial sums a day that are merged for any window, and how they are meant to. Errors carry a
 * `CorrelationRefusal` as code.
 */
export interface Correlations {
  /** Answers how many days changed. */
  record(input: RecordReturns, options?: CallOptions): Promise<{ changed: number }>;
  /** Answers how many days changed. */
  track(input: TrackCorrelation, options?: CallOptions): Promise<{ changed: number }>;
  /** Refused as `not-found` where there is none. */
  get(input: GetCorrelation, options?: CallOptions): Promise<Correlation>;
  /** Keeps a set of targets under an id. Refused as invalid input where they are no correlation matrix (not positive semidefinite). */
  defineTargets(input: DefineTargets, options?: CallOptions): Promise<CorrelationTargets>;
  /** Nothing where there is none. */
  findTargets(targetsId: string, options?: CallOptions): Promise<CorrelationTargets | undefined>;
  /** A page when awaited; all of them by `for await`. */
  listTargets(input?: ListTargets, options?: CallOptions): Listing<CorrelationTargets>;
  /** Of every pair of the targets' symbols. */
  getDrift(input: GetDrift, options?: CallOptions): Promise<CorrelationDrift[]>;
}
