import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import type { Effect } from './attribution.ts';

export const ownerKinds = ['deployment', 'backtest', 'trial'] as const;
/** Whose metrics they are. */
export type OwnerKind = (typeof ownerKinds)[number];

/** Whose metrics they are; a trial is `<study>/<n>`. */
export interface MetricOwner {
  kind: OwnerKind;
  id: string;
}

/** A value or the reason why there is none, with the conventions under which it was computed. */
export interface Metric {
  name: string;
  step: number;
  at: Instant;
  value?: number;
  reason?: string;
  samples?: number;
  period?: string;
  periodsPerYear?: number;
  riskFree?: number;
  returnKind?: 'simple' | 'log';
  /** Of a drawdown: its peak, its lowest point, and when it was made up for. */
  peakAt?: Instant;
  troughAt?: Instant;
  recoveredAt?: Instant;
}

const owner = z.strictObject({ kind: z.enum(ownerKinds), id: textInput(96) });
const code = z
  .string({ error: 'expected a name' })
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'expected a name such as max-drawdown');
/** A double that is no identifier in disguise. */
export const statistic = z.number({ error: 'expected a finite number' }).min(-1e15).max(1e15);

export const conventions = {
  /** Days of trading a year: 365 where a market never closes, 252 for stocks. */
  periodsPerYear: z.number().min(1).max(366).default(365),
  /** A year, as a share. */
  riskFree: z.number().min(-0.5).max(1).default(0),
};

/** Of a benchmark: a share. */
export const dailyReturn = z.number().min(-1).max(1e6);

/** Of a step all at once; the same again is the same, others are a conflict. */
export const recordMetrics = z.strictObject({
  owner,
  step: z.int().nonnegative(),
  at: instantInput.optional(),
  metrics: z
    .array(
      z
        .strictObject({
          name: code,
          value: statistic.optional(),
          reason: code.optional(),
          samples: z
            .int()
            .nonnegative()
            .max(2 ** 31 - 1)
            .optional(),
          period: textInput(32).optional(),
          periodsPerYear: z.number().positive().max(1e9).optional(),
          riskFree: statistic.optional(),
          returnKind: z.enum(['simple', 'log']).optional(),
        })
        .refine(({ value, reason }) => (value === undefined) !== (reason === undefined), {
          message: 'expected a value, or a reason why there is none',
          path: ['value'],
        }),
    )
    .min(1)
    .max(200)
    .refine((metrics) => new Set(metrics.map(({ name }) => name)).size === metrics.length, 'expected each name once'),
});
export type RecordMetrics = z.input<typeof recordMetrics>;

/**
 * Of the closed positions of a deployment, and of its equity curve where there is one. `benchmark` are its returns, a day each, from the
 * day of `from` (the creation of the deployment by default) to that of `to` (now).
 */
export const evaluateDeployment = z.strictObject({
  deploymentId: idInput,
  /** Of the metrics that it records: the microseconds of `to` by default. */
  step: z.int().nonnegative().optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...conventions,
  benchmark: z.array(dailyReturn).max(36_600).optional(),
});
export type EvaluateDeployment = z.input<typeof evaluateDeployment>;

export const latestMetrics = z.strictObject({ owner });
export type LatestMetrics = z.input<typeof latestMetrics>;

/** Oldest step first. */
export const listMetricHistory = z.strictObject({ owner, name: code, ...pageFields(z.int()) });
export type ListMetricHistory = z.input<typeof listMetricHistory>;

/** By the latest value of a metric; those without one are left out. */
export const rankMetrics = z.strictObject({
  kind: z.enum(ownerKinds),
  name: code,
  sort: z.enum(['highest', 'lowest']).default('highest'),
  ...pageFields(statistic, textInput(96)),
});
export type RankMetrics = z.input<typeof rankMetrics>;

/** An owner and the value it is ranked by. */
export interface RankedOwner {
  owner: MetricOwner;
  step: number;
  value: number;
}

export const breakdownKeys = ['symbol', 'tag', 'exit-reason', 'direction', 'day', 'week', 'month'] as const;
/** Of the closed trades of a deployment, a strategy's deployments or a backtest: a group each. Periods are UTC, weeks begin on Monday. */
export const breakDown = z
  .strictObject({
    deploymentId: idInput.optional(),
    strategyId: idInput.optional(),
    backtestId: idInput.optional(),
    by: z.enum(breakdownKeys),
    from: instantInput.optional(),
    to: instantInput.optional(),
  })
  .refine(
    (input) => [input.deploymentId, input.strategyId, input.backtestId].filter((id) => id !== undefined).length === 1,
    {
      message: 'expected one of deploymentId, strategyId and backtestId',
      path: ['deploymentId'],
    },
  );
export type BreakDown = z.input<typeof breakDown>;

/** What the trades of one group made. */
export interface BreakdownGroup {
  /** Absent where the trades have none: no tag, no exit reason. */
  key?: string;
  trades: number;
  wins: number;
  /** Net of fees, exactly. */
  pnl: Decimal;
  fees: Decimal;
  winRate: number;
}

const segment = z.strictObject({
  segment: textInput(64),
  portfolioWeight: statistic.min(-100).max(100),
  portfolioReturn: statistic.gt(-1).max(1e6),
  benchmarkWeight: statistic.min(-100).max(100),
  benchmarkReturn: statistic.gt(-1).max(1e6),
});

const isWhole = (weights: readonly number[]) => Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) <= 1e-9;

/** Weights of each period sum to 1, of the portfolio and of the benchmark. */
export const attributePerformance = z.strictObject({
  attributionId: idInput,
  owner,
  /** What the segments are: `asset`, `tag`. */
  dimension: textInput(64),
  periods: z
    .array(
      z
        .array(segment)
        .min(1)
        .max(200)
        .refine(
          (segments) => new Set(segments.map(({ segment: name }) => name)).size === segments.length,
          'expected each segment once',
        )
        .refine(
          (segments) =>
            isWhole(segments.map(({ portfolioWeight }) => portfolioWeight)) &&
            isWhole(segments.map(({ benchmarkWeight }) => benchmarkWeight)),
          'expected weights that sum to 1',
        ),
    )
    .min(1)
    .max(1000),
});
export type AttributePerformance = z.input<typeof attributePerformance>;

/** Where an active return comes from; effects of several periods linked by Carino's method (1999). */
export interface Attribution {
  attributionId: string;
  owner: MetricOwner;
  dimension: string;
  linking: 'none' | 'carino';
  portfolioReturn: number;
  benchmarkReturn: number;
  /** What all effects sum to. */
  activeReturn: number;
  effects: Effect[];
  attributedAt: Instant;
}

/** Codes with which performance refuses. */
export type PerformanceRefusal =
  | 'unknown-deployment'
  | 'unknown-backtest'
  | 'unknown-attribution'
  | 'id-conflict'
  | 'step-taken'
  | 'wrong-benchmark'
  | 'effects-do-not-sum';

/**
 * Metrics as rows, with their history and the conventions they were computed under; exact breakdowns of closed trades; attribution of the
 * active return. A metric that cannot be computed has a reason, never NaN.
 */
export interface Performance {
  /** Keeps metrics that somebody else calculated, at a step. */
  record(input: RecordMetrics, options?: CallOptions): Promise<Metric[]>;
  /** Computes and records the metrics of a deployment; see `computeMetrics` for their definitions. */
  evaluate(input: EvaluateDeployment, options?: CallOptions): Promise<Metric[]>;
  /** The newest value of each metric. */
  latest(input: LatestMetrics, options?: CallOptions): Promise<Metric[]>;
  /** All values of a metric, by step. */
  history(input: ListMetricHistory, options?: CallOptions): Listing<Metric>;
  /** Owners by the newest value of a metric, the best first. */
  rank(input: RankMetrics, options?: CallOptions): Listing<RankedOwner>;
  /** What trades made, by tag, exit reason, symbol or another key. */
  breakDown(input: BreakDown, options?: CallOptions): Promise<BreakdownGroup[]>;
  /** Splits an active return into allocation, selection and interaction. Refused with `effects-do-not-sum`. */
  attribute(input: AttributePerformance, options?: CallOptions): Promise<Attribution>;
  /** Refused as `not-found` where there is none. */
  getAttribution(attributionId: string, options?: CallOptions): Promise<Attribution>;
}
