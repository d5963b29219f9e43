import type { Decimal, Instant } from '@tse/core';
import type { LimitMetric } from './limit-metrics.ts';
import type { Limit } from './limits.ts';
import { scopeOfKey } from './scopes.ts';

export const versionColumns = [
  'v.version',
  'v.enabled',
  'v.warn',
  'v.soft',
  'v.hard',
  'v.recover',
  'v.window_ms',
  'v.time_zone',
  'v.currency',
  'v.max_price_age_ms',
  'v.for_ms',
  'v.keep_firing_ms',
  'v.escalate_after_ms',
  'v.policy_id',
  'v.reason',
  'v.run_id',
  'v.fence',
  'v.valid_from',
] as const;

export interface LimitRow {
  id: string;
  metric: LimitMetric;
  scope: string;
  version: number;
  enabled: boolean;
  warn: Decimal | null;
  soft: Decimal | null;
  hard: Decimal | null;
  recover: Decimal | null;
  window_ms: number | null;
  time_zone: string;
  currency: string;
  max_price_age_ms: number;
  for_ms: number;
  keep_firing_ms: number;
  escalate_after_ms: number;
  policy_id: string | null;
  reason: string | null;
  run_id: string | null;
  fence: number | null;
  valid_from: Instant;
}

export const toLimit = (row: LimitRow): Limit => ({
  limitId: row.id,
  version: row.version,
  metric: row.metric,
  scope: scopeOfKey(row.scope),
  enabled: row.enabled,
  ...(row.warn !== null && { warn: row.warn }),
  ...(row.soft !== null && { soft: row.soft }),
  ...(row.hard !== null && { hard: row.hard }),
  recover: (row.recover ?? row.warn ?? row.soft ?? row.hard)!,
  ...(row.window_ms !== null && { windowMs: row.window_ms }),
  timeZone: row.time_zone,
  currency: row.currency,
  maxPriceAgeMs: row.max_price_age_ms,
  forMs: row.for_ms,
  keepFiringForMs: row.keep_firing_ms,
  escalateAfterMs: row.escalate_after_ms,
  ...(row.policy_id !== null && { policyId: row.policy_id }),
  ...(row.reason !== null && { reason: row.reason }),
  ...(row.run_id !== null && { run: row.run_id }),
  ...(row.fence !== null && { fence: row.fence }),
  validFrom: row.valid_from,
});
