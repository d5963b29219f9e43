import { centralSums, crossSum, meanOf, sampleDeviation } from './moments.ts';
import {
  type EquityColumns,
  type TradeColumns,
  dailyReturns,
  equityOfTrades,
  maxDrawdown,
  timeInMarket,
} from './series.ts';

/** Why a metric has no value. */
export type MetricReason =
  | 'no-trades'
  | 'no-losses'
  | 'no-wins'
  | 'no-drawdown'
  | 'no-benchmark'
  | 'no-variance'
  | 'no-time'
  | 'too-few-samples'
  | 'equity-not-positive'
  | 'not-finite';

/** A value, finite, or the reason why there is none. Times are milliseconds since 1970. */
export interface ComputedMetric {
  name: MetricName;
  value?: number;
  reason?: MetricReason;
  samples: number;
  peakAt?: number;
  troughAt?: number;
  recoveredAt?: number;
}

/** What the metrics take for granted. */
export interface Conventions {
  /** Days of trading a year: 365 where a market never closes, 252 for stocks. */
  readonly periodsPerYear: number;
  /** A year, as a share. */
  readonly riskFree: number;
}

/** What is measured: equity, returns and trades of a time. */
export interface Measured {
  readonly startingEquity: number;
  /** The time that is measured, in milliseconds since 1970: it may begin before the first trade and end after the last. */
  readonly from: number;
  readonly to: number;
  readonly trades: TradeColumns;
  /** Where it is not given it is the start plus what the trades realized. */
  readonly equity?: EquityColumns;
  /** Of a day each, as many as there are days. */
  readonly benchmark?: Float64Array;
}

export const metricNames = [
  'total-return',
  'cagr',
  'volatility',
  'sharpe',
  'sortino',
  'calmar',
  'max-drawdown',
  'profit-factor',
  'expectancy',
  'win-rate',
  'average-win',
  'average-loss',
  'skew',
  'kurtosis',
  'alpha',
  'beta',
  'information-ratio',
  'tracking-error',
  'treynor',
  'turnover',
  'exposure-time',
  'trades',
] as const;
/** The metrics, each a double, or absent with a reason. */
export type MetricName = (typeof metricNames)[number];

const FEWEST = 2;

/**
 * The metrics of a trading record, of simple daily returns of its equity. By their published definitions:
 * - total-return: the last equity over the first, less 1. cagr: the same a year, of days over `periodsPerYear` (compound annual growth)
 * - volatility: sample deviation of the returns × √periodsPerYear
 * - sharpe: mean over sample deviation of the excess returns × √periodsPerYear (Sharpe, The Sharpe Ratio, 1994); the risk-free rate of a day
 *   is (1 + riskFree)^(1/periodsPerYear) − 1
 * - sortino: mean excess return over the root of the mean square of those below zero × √periodsPerYear (Sortino and Price, 1994)
 * - calmar: cagr over max-drawdown (Young, 1991). max-drawdown: the deepest fall from a peak as a share of it (Magdon-Ismail and Atiya, 2004)
 * - profit-factor: Σ wins over Σ losses. expectancy: mean profit of a trade. win-rate: share of trades above zero (Tharp, Trade Your Way to
 *   Financial Freedom). average-win, average-loss: of the trades above and below zero
 * - skew, kurtosis: g1 and g2 (excess) of the returns (Joanes and Gill, 1998)
 * - beta: covariance with the benchmark over its variance; alpha: mean excess return less beta × that of the benchmark, × periodsPerYear
 *   (Jensen, 1968); treynor: mean excess return × periodsPerYear over beta (Treynor, 1965)
 * - tracking-error: sample deviation of the active returns × √periodsPerYear; information-ratio: their mean × periodsPerYear over it
 *   (Grinold and Kahn, Active Portfolio Management)
 * - turnover: the lesser of what was bought and sold over the mean daily equity, a year (SEC Form N-1A, item 13)
 * - exposure-time: share of the time with at least one trade open
 */
export function computeMetrics(measured: Measured, { periodsPerYear, riskFree }: Conventions): ComputedMetric[] {
  const { startingEquity, from, to, trades, benchmark } = measured;
  const equity = measured.equity ?? equityOfTrades(startingEquity, trades);
  const metrics: ComputedMetric[] = [];
  const tell = (
    name: MetricName,
    samples: number,
    value: number | MetricReason,
    more: Partial<ComputedMetric> = {},
  ) => {
    if (typeof value === 'string') metrics.push({ name, reason: value, samples });
    else if (Number.isFinite(value)) metrics.push({ name, value, samples, ...more });
    else metrics.push({ name, reason: 'not-finite', samples });
  };

  const isPositive = startingEquity > 0 && equity.equity.every((value) => value > 0);
  const returns = dailyReturns(startingEquity, equity, from, to);
  const days = returns.length;
  const years = days / periodsPerYear;
  const growth = (equity.equity.at(-1) ?? startingEquity) / startingEquity;
  const cagr = growth ** (1 / years) - 1;
  const ofEquity = (value: () => number | MetricReason, fewest = FEWEST): number | MetricReason =>
    !isPositive ? 'equity-not-positive' : days < fewest ? 'too-few-samples' : value();
  tell('total-return', days, growth - 1);
  tell(
    'cagr',
    days,
    ofEquity(() => cagr, 1),
  );

  const sums = centralSums(returns);
  const deviation = sampleDeviation(sums);
  const rate = (1 + riskFree) ** (1 / periodsPerYear) - 1;
  const excess = sums.mean - rate;
  const annual = Math.sqrt(periodsPerYear);
  tell(
    'volatility',
    days,
    ofEquity(() => deviation * annual),
  );
  tell(
    'sharpe',
    days,
    ofEquity(() => (deviation > 0 ? (excess / deviation) * annual : 'no-variance')),
  );
  let squares = 0;
  for (let i = 0; i < days; i += 1) {
    const below = returns[i]! - rate;
    if (below < 0) squares += below * below;
  }
  tell(
    'sortino',
    days,
    ofEquity(() => (squares > 0 ? (excess / Math.sqrt(squares / days)) * annual : 'no-losses')),
  );
  const fall = maxDrawdown(startingEquity, equity, from);
  tell(
    'calmar',
    days,
    ofEquity(() => (fall ? cagr / fall.depth : 'no-drawdown'), 1),
  );
  if (fall) {
    const { depth, ...times } = fall;
    tell('max-drawdown', equity.equity.length, depth, times);
  } else tell('max-drawdown', equity.equity.length, equity.equity.length > 0 ? 0 : 'too-few-samples');

  ofTrades(trades, tell);

  const spread = (value: number) => ofEquity(() => (sums.second > 0 ? value : 'no-variance'));
  tell('skew', days, spread(sums.third / days / (sums.second / days) ** 1.5));
  tell('kurtosis', days, spread(sums.fourth / days / (sums.second / days) ** 2 - 3));
  againstBenchmark({ returns, mean: sums.mean, rate, periodsPerYear, isPositive, benchmark }, tell);

  let bought = 0;
  let sold = 0;
  const { length } = trades.pnl;
  for (let i = 0; i < length; i += 1) {
    bought += trades.bought[i]!;
    sold += trades.sold[i]!;
  }
  tell(
    'turnover',
    length,
    ofEquity(() => Math.min(bought, sold) / meanEquity(startingEquity, returns) / years, 1),
  );
  tell('exposure-time', length, to > from ? timeInMarket(trades) / (to - from) : 'no-time');
  tell('trades', length, length);
  return metrics;
}

type Tell = (name: MetricName, samples: number, value: number | MetricReason) => void;

function ofTrades({ pnl }: TradeColumns, tell: Tell): void {
  const { length } = pnl;
  let won = 0;
  let lost = 0;
  let wins = 0;
  let losses = 0;
  for (let i = 0; i < length; i += 1) {
    const each = pnl[i]!;
    if (each > 0) {
      won += each;
      wins += 1;
    } else if (each < 0) {
      lost -= each;
      losses += 1;
    }
  }
  const any = (value: number | MetricReason) => (length === 0 ? 'no-trades' : value);
  tell('profit-factor', length, any(losses > 0 ? won / lost : 'no-losses'));
  tell('expectancy', length, any((won - lost) / length));
  tell('win-rate', length, any(wins / length));
  tell('average-win', wins, any(wins > 0 ? won / wins : 'no-wins'));
  tell('average-loss', losses, any(losses > 0 ? -lost / losses : 'no-losses'));
}

interface Compared {
  readonly returns: Float64Array;
  readonly mean: number;
  readonly rate: number;
  readonly periodsPerYear: number;
  readonly isPositive: boolean;
  readonly benchmark: Float64Array | undefined;
}

function againstBenchmark({ returns, mean, rate, periodsPerYear, isPositive, benchmark }: Compared, tell: Tell): void {
  const days = returns.length;
  const names = ['alpha', 'beta', 'information-ratio', 'tracking-error', 'treynor'] as const;
  const lack: MetricReason | undefined =
    benchmark === undefined
      ? 'no-benchmark'
      : !isPositive
        ? 'equity-not-positive'
        : days < FEWEST
          ? 'too-few-samples'
          : undefined;
  if (benchmark === undefined || lack !== undefined) {
    for (const name of names) tell(name, days, lack!);
    return;
  }
  const theirs = centralSums(benchmark);
  const beta = crossSum(returns, mean, benchmark, theirs.mean) / theirs.second;
  const moves = theirs.second > 0;
  tell('alpha', days, moves ? (mean - rate - beta * (theirs.mean - rate)) * periodsPerYear : 'no-variance');
  tell('beta', days, moves ? beta : 'no-variance');
  const active = returns.map((each, i) => each - benchmark[i]!);
  const error = sampleDeviation(centralSums(active)) * Math.sqrt(periodsPerYear);
  tell('information-ratio', days, error > 0 ? (meanOf(active) * periodsPerYear) / error : 'no-variance');
  tell('tracking-error', days, error);
  tell('treynor', days, moves && beta !== 0 ? ((mean - rate) * periodsPerYear) / beta : 'no-variance');
}

/** Of the ends of the days. */
function meanEquity(startingEquity: number, returns: Float64Array): number {
  let value = startingEquity;
  let sum = 0;
  for (let i = 0; i < returns.length; i += 1) sum += value *= 1 + returns[i]!;
  return sum / returns.length;
}
