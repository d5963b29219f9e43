import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  anyAmount,
  assetInput,
  idInput,
  instantInput,
  pageFields,
  positiveAmount,
  symbolInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type Scope, scopeInput } from '../limits/scopes.ts';
import { period } from '../marks/marks.ts';
import type { VarBacktest } from './var-backtest.ts';

/** What is to be measured, whoever holds it. */
export const riskPosition = z.strictObject({
  symbol: symbolInput,
  quantity: anyAmount,
  averagePrice: positiveAmount.optional(),
});
export type RiskPosition = z.input<typeof riskPosition>;
export const riskPositions = z.array(riskPosition).max(10_000);

const parameters = {
  currency: assetInput.default('USD'),
  /** Of losses, as the share of outcomes that should not exceed them. */
  confidence: z.number().min(0.5001).max(0.9999).default(0.95),
  /** How many periods ahead. */
  horizon: z.int().min(1).max(250).default(1),
  period: period.default(86_400_000),
  /** Returns that are looked back on, at most. */
  lookback: z.int().min(2).max(5000).default(250),
};

/** For `calculateRiskMetrics`. Equity makes leverage and drawdown ratios of something; without it they are missing. */
export const riskMetricsOptions = z.strictObject({
  ...parameters,
  equity: positiveAmount.optional(),
  maxPriceAge: period.default(60_000),
});
export type RiskMetricsOptions = z.input<typeof riskMetricsOptions>;

/** A position at the price it was valued at, and that price's age in milliseconds. */
export interface ValuedPosition {
  symbol: string;
  quantity: Decimal;
  price: Decimal;
  /** Which price: `mark`, `bid`, `ask`, `last`, `close`. */
  kind: string;
  ageMs: number;
  /** Quantity times price in the currency; below zero where it is short. */
  value: Decimal;
  /** Value less cost, where an average price was given. */
  unrealized?: Decimal;
}

/** Something that could not be told, and why. */
export interface Missing {
  /** `price`, `history`, `equity`, `fx-risk`, `value-at-risk`. */
  what: string;
  of: string;
  reason: string;
}

/**
 * The risk of positions as they are now. Amounts are exact; statistics are doubles, finite or absent, and what is absent stands under
 * `missing` with its reason.
 */
export interface RiskSummary {
  currency: string;
  at: Instant;
  /** Gross is long plus short, net is long less short. What has no price is in none of them. */
  exposure: { gross: Decimal; net: Decimal; long: Decimal; short: Decimal };
  positions: ValuedPosition[];
  unrealized: Decimal;
  /**
   * The largest position's share of the gross exposure, and the sum of the squares of all shares (Herfindahl and Hirschman: 1 is one position,
   * 1/n is n equal ones).
   */
  concentration?: { symbol: string; share: number; herfindahl: number };
  /** Gross exposure over equity. CRR, article 429, without its add-ons. */
  leverage?: number;
  /** See `historicalVar` and `parametricVar` for the formulas and their sources. */
  valueAtRisk?: {
    historical: { value: number; expectedShortfall: number };
    parametric: { value: number; expectedShortfall: number };
    /** By symbol, of the parametric one: they sum to it. */
    components: Record<string, number>;
  };
  /** Of the equity with these positions over the periods looked back on: deepest fall from a peak, as a part of it. */
  maximumDrawdown?: number;
  missing: Missing[];
  inputs: {
    confidence: number;
    horizon: number;
    periodMs: number;
    /** Periods for which every symbol has a return. */
    observations: number;
    from?: Instant;
    until?: Instant;
    symbols: string[];
  };
}

/** A calculation that was kept. */
export interface StoredRiskMetrics {
  metricsId: string;
  scope: Scope;
  summary: RiskSummary;
  /** Of positions, prices, history and parameters. */
  inputHash: string;
  calculatedAt: Instant;
}

/** Of what a scope has now. The same id with the same content answers what was calculated then. */
export const calculateMetrics = z.strictObject({ metricsId: idInput, scope: scopeInput, ...parameters });
export type CalculateMetrics = z.input<typeof calculateMetrics>;
export const ofScope = z.strictObject({ scope: scopeInput });
/** A scope, and how far to look. */
export type OfScope = z.input<typeof ofScope>;
/** Newest first. */
export const listMetrics = z.strictObject({ scope: scopeInput, ...pageFields(instantInput, idInput) });
export type ListMetrics = z.input<typeof listMetrics>;

export const varMethods = ['historical', 'parametric', 'monte-carlo'] as const;
/** How value at risk is found: from history, by the normal distribution, or by simulation. */
export type VarMethod = (typeof varMethods)[number];

/** Value at risk, and what it was made of. */
export interface VarRun {
  runId: string;
  scope: Scope;
  method: VarMethod;
  confidence: number;
  horizon: number;
  periodMs: number;
  observations: number;
  seed?: number;
  inputHash: string;
  valueAtRisk?: number;
  expectedShortfall?: number;
  /** Why there is none. */
  reason?: string;
  /** The gains and losses it rests on. */
  outcomes: number[];
  /** By symbol, of the parametric method: they sum to it. */
  components: Record<string, number>;
  missing: string[];
  ranAt: Instant;
}

/** `seed` and `draws` are of the method `monte-carlo`: the same seed draws the same. */
export const runVar = z.strictObject({
  runId: idInput,
  scope: scopeInput,
  method: z.enum(varMethods),
  ...parameters,
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
  draws: z.int().min(100).max(20_000).default(2000),
});
export type RunVar = z.input<typeof runVar>;

const day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/, 'expected a day such as 2026-01-31')
  .refine(
    (text) =>
      !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text),
    'expected a day such as 2026-01-31',
  );
const statistic = z.number().min(-1e15).max(1e15);
/** What a day's forecast was and what came of it: it is an exception where more was lost. */
export const recordOutcome = z.strictObject({
  scope: scopeInput,
  day,
  confidence: parameters.confidence,
  valueAtRisk: statistic.min(0),
  actual: statistic,
});
export type RecordOutcome = z.input<typeof recordOutcome>;
export const backtestVar = z.strictObject({
  scope: scopeInput,
  confidence: parameters.confidence,
  from: day.optional(),
  until: day.optional(),
});
export type BacktestVar = z.input<typeof backtestVar>;

const shock = z.number().min(-1).max(100);
/** The relative move of each price: -0.15 is a fall by 15 %. It may be of a scenario of the market. */
export const defineStress = z.strictObject({
  scenarioId: idInput,
  name: textInput(100),
  shocks: z
    .record(symbolInput, shock)
    .refine(
      (given) => Object.keys(given).length > 0 && Object.keys(given).length <= 1000,
      'expected 1 to 1000 symbols',
    ),
  priceScenarioId: idInput.optional(),
  priceScenarioVersion: z
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional(),
});
export type DefineStress = z.input<typeof defineStress>;
/** Shocks, as shares of each symbol's price. */
export interface StressScenario {
  scenarioId: string;
  name: string;
  shocks: Record<string, number>;
  priceScenarioId?: string;
  priceScenarioVersion?: number;
}
export const runStress = z.strictObject({
  resultId: idInput,
  scenarioId: idInput,
  scope: scopeInput,
  currency: parameters.currency,
});
export type RunStress = z.input<typeof runStress>;
/** What a scope would gain or lose under a scenario. */
export interface StressResult {
  resultId: string;
  scenarioId: string;
  scope: Scope;
  /** Below zero where it would lose. */
  profit: number;
  bySymbol: Record<string, number>;
  /** Symbols without a price, or without a shock of their own: they stay as they are. */
  missing: string[];
  ranAt: Instant;
}

/** Codes with which metrics refuse. */
export type MetricsRefusal = 'unknown-metrics' | 'unknown-run' | 'unknown-scenario' | 'unknown-result' | 'id-conflict';

/** Risk metrics that are kept: summaries, value at risk with its back-test, stress. Errors carry a `MetricsRefusal` as code. */
export interface Metrics {
  /** Calculates and keeps the metrics of a scope as it stands; the same id and inputs answer the first result. */
  calculate(input: CalculateMetrics, options?: CallOptions): Promise<StoredRiskMetrics>;
  /** Nothing where there is none. */
  find(metricsId: string, options?: CallOptions): Promise<StoredRiskMetrics | undefined>;
  /** Refused as `not-found` where there is none. */
  get(metricsId: string, options?: CallOptions): Promise<StoredRiskMetrics>;
  /** The latest of a scope, from Redis where it knows. */
  findLatest(input: OfScope, options?: CallOptions): Promise<StoredRiskMetrics | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListMetrics, options?: CallOptions): Listing<StoredRiskMetrics>;
  /** Calculates value at risk over a horizon at a confidence, and keeps what it was made of. */
  runVar(input: RunVar, options?: CallOptions): Promise<VarRun>;
  /** Refused as `not-found` where there is none. */
  getVarRun(runId: string, options?: CallOptions): Promise<VarRun>;
  /** Answers whether the day was an exception. */
  recordOutcome(input: RecordOutcome, options?: CallOptions): Promise<boolean>;
  /** Of the days recorded; nothing where there is none. */
  backtestVar(input: BacktestVar, options?: CallOptions): Promise<VarBacktest | undefined>;
  /** Keeps a stress scenario: shocks as shares of each price. */
  defineStress(input: DefineStress, options?: CallOptions): Promise<StressScenario>;
  /** Refused as `not-found` where there is none. */
  getStress(scenarioId: string, options?: CallOptions): Promise<StressScenario>;
  /** What a scope would gain or lose under a scenario, as doubles in its quote asset. */
  runStress(input: RunStress, options?: CallOptions): Promise<StressResult>;
  /** Refused as `not-found` where there is none. */
  getStressResult(resultId: string, options?: CallOptions): Promise<StressResult>;
}

/** On the adapter itself. */
export interface RiskCalculations {
  /**
   * What positions risk: exposures, concentration, leverage, value at risk and expected shortfall by two methods, drawdown. Prices and history
   * are the adapter's own; what it lacked is listed, and counts as nothing.
   */
  calculateRiskMetrics(
    positions: readonly RiskPosition[],
    options?: CallOptions & RiskMetricsOptions,
  ): Promise<RiskSummary>;
}
