import { type Instant, instant } from '@tse/core';
import { present } from '../present.ts';
import type { ComputedMetric, Conventions } from './metrics.ts';
import type { Metric } from './performance.ts';
import type { TradeColumns } from './series.ts';

export const metricColumns = [
  'name',
  'step',
  'at',
  'value',
  'reason',
  'samples',
  'period',
  'periods_per_year',
  'risk_free',
  'return_kind',
  'peak_at',
  'trough_at',
  'recovered_at',
] as const;

export interface MetricRow {
  name: string;
  step: number;
  at: Instant;
  value: number | null;
  reason: string | null;
  samples: number | null;
  period: string | null;
  periods_per_year: number | null;
  risk_free: number | null;
  return_kind: 'simple' | 'log' | null;
  peak_at: Instant | null;
  trough_at: Instant | null;
  recovered_at: Instant | null;
}

export const toMetric = (row: MetricRow): Metric =>
  present({
    name: row.name,
    step: row.step,
    at: row.at,
    value: row.value,
    reason: row.reason,
    samples: row.samples,
    period: row.period,
    periodsPerYear: row.periods_per_year,
    riskFree: row.risk_free,
    returnKind: row.return_kind,
    peakAt: row.peak_at,
    troughAt: row.trough_at,
    recoveredAt: row.recovered_at,
  });

/** As the SQL functions take metrics. */
export type MetricContent = Omit<Metric, 'step' | 'at'>;

export const metricsLiteral = (metrics: readonly MetricContent[]): string =>
  JSON.stringify(
    metrics.map((metric) => ({
      name: metric.name,
      value: metric.value,
      reason: metric.reason,
      samples: metric.samples,
      period: metric.period,
      periods_per_year: metric.periodsPerYear,
      risk_free: metric.riskFree,
      return_kind: metric.returnKind,
      peak_at: metric.peakAt,
      trough_at: metric.troughAt,
      recovered_at: metric.recoveredAt,
    })),
  );

const withoutConventions = new Set([
  'profit-factor',
  'expectancy',
  'win-rate',
  'average-win',
  'average-loss',
  'exposure-time',
  'trades',
  'max-drawdown',
]);

/** Computed metrics with the conventions that each depends on. */
export function withConventions(
  computed: readonly ComputedMetric[],
  { periodsPerYear, riskFree }: Conventions,
): MetricContent[] {
  const at = (millis: number) => instant.of(new Date(millis));
  return computed.map(({ peakAt, troughAt, recoveredAt, ...metric }) => ({
    ...metric,
    ...(!withoutConventions.has(metric.name) && {
      period: 'day',
      periodsPerYear,
      riskFree,
      returnKind: 'simple' as const,
    }),
    ...(peakAt !== undefined && { peakAt: at(peakAt) }),
    ...(troughAt !== undefined && { troughAt: at(troughAt) }),
    ...(recoveredAt !== undefined && { recoveredAt: at(recoveredAt) }),
  }));
}

/** A closed trade as statistics see it; amounts are doubles from here on. */
export interface MeasuredTrade {
  pnl: number;
  bought: number;
  sold: number;
  openedAt: number;
  closedAt: number;
}

/** Rows in the order of their closing as columns. */
export function columnsOf(trades: readonly MeasuredTrade[]): TradeColumns {
  const { length } = trades;
  const columns = {
    pnl: new Float64Array(length),
    bought: new Float64Array(length),
    sold: new Float64Array(length),
    openedAt: new Float64Array(length),
    closedAt: new Float64Array(length),
  };
  for (let i = 0; i < length; i += 1) {
    const trade = trades[i]!;
    columns.pnl[i] = trade.pnl;
    columns.bought[i] = trade.bought;
    columns.sold[i] = trade.sold;
    columns.openedAt[i] = trade.openedAt;
    columns.closedAt[i] = trade.closedAt;
  }
  return columns;
}
