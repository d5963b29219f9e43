import type { ScopeKind } from './scopes.ts';

/** What limits limit, and what each of them is measured in. */
export const limitMetrics = [
  'price-deviation',
  'order-quantity',
  'order-value',
  'order-rate',
  'daily-quantity',
  'daily-value',
  'position',
  'gross-exposure',
  'net-exposure',
  'concentration',
  'leverage',
  'daily-loss',
  'drawdown',
  'open-orders',
  'open-positions',
  'value-at-risk',
] as const;
/** What a limit bounds. */
export type LimitMetric = (typeof limitMetrics)[number];

/** Those that rest on equity, which accounts and the firm have. */
const ofEquity: ReadonlySet<LimitMetric> = new Set(['leverage', 'daily-loss', 'drawdown']);
/** Those that are of a whole, so that narrowing them to a symbol means nothing. */
const ofWhole: ReadonlySet<LimitMetric> = new Set([...ofEquity, 'concentration', 'open-positions', 'value-at-risk']);

/** Why a metric cannot be limited in a scope, or nothing. */
export function scopeProblem(metric: LimitMetric, kind: ScopeKind, narrowed: boolean): string | undefined {
  if (ofEquity.has(metric) && kind !== 'account' && kind !== 'firm')
    return `${metric} rests on equity, which only an account and the firm have`;
  if (ofWhole.has(metric) && (narrowed || kind === 'instrument')) return `${metric} is not of one symbol`;
  return undefined;
}
