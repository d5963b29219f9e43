import type { Decimal, Instant } from '@tse/core';
import { type AlertState } from '../alerts/alert-states.ts';
import type { Severity } from '../alerts/severities.ts';
import type { LimitMetric } from '../limits/limit-metrics.ts';
import { type Judgement, judge } from './judge.ts';

/** A limit with what it measures and what is open of it, as `observe_limits` answers it. */
export interface ObservedLimit {
  limit_id: string;
  version: number;
  metric: LimitMetric;
  scope: string;
  subject: string;
  enabled: boolean;
  observed: Decimal | null;
  code: string | null;
  warn: Decimal | null;
  soft: Decimal | null;
  hard: Decimal | null;
  recover: Decimal | null;
  for_ms: number;
  keep_firing_ms: number;
  escalate_after_ms: number;
  policy_id: string | null;
  alert_id: string | null;
  alert_state: AlertState | null;
  alert_severity: Severity | null;
  alert_version: number | null;
  opened_at: Instant | null;
  recovering_since: Instant | null;
  no_data_id: string | null;
  no_data_version: number | null;
  breach_id: string | null;
  breach_observed: Decimal | null;
  breach_limit_version: number | null;
}

/** One change of an alert and its breach, as `change_breaches` takes it. */
export interface BreachChange {
  limitId: string;
  version?: number;
  metric?: LimitMetric;
  scope?: string;
  subject: string;
  kind: 'breach' | 'no-data';
  to: AlertState;
  /** `observed`: only what was measured is new. */
  type: Judgement['type'] | 'observed';
  severity: Severity;
  observed?: Decimal;
  limitValue?: Decimal;
  summary: string;
  reason?: string;
  alertId?: string;
  alertVersion?: number;
  policyId?: string;
  steps: { targets: string[]; delayMs: number }[];
}

/** Whom an alert tells that no policy says more of. */
export const ON_CALL = 'on-call';

/** What observing a limit changes: at most one thing of its breach and one of its want of data. */
export function changesOf(row: ObservedLimit, at: Instant): BreachChange[] {
  const known = row.enabled && row.code === null && row.observed !== null;
  const base = {
    limitId: row.limit_id,
    version: row.version,
    metric: row.metric,
    scope: row.scope,
    subject: row.subject,
    ...(row.policy_id !== null && { policyId: row.policy_id }),
    steps: [{ targets: [ON_CALL], delayMs: row.escalate_after_ms }],
  };
  const changes: BreachChange[] = [];
  const what = `${row.metric} of ${row.scope}${row.subject === '' ? '' : ` in ${row.subject}`}`;

  const noData = { ...base, kind: 'no-data', severity: 'high' } as const;
  if (row.enabled && !known && row.no_data_id === null)
    changes.push({
      ...noData,
      to: 'firing',
      type: 'opened',
      summary: `${what} is unknown: ${row.code ?? 'nothing is known of it'}`,
    });
  if ((known || !row.enabled) && row.no_data_id !== null)
    changes.push({
      ...noData,
      to: 'closed',
      type: 'closed',
      reason: row.enabled ? 'data-returned' : 'limit-disabled',
      alertId: row.no_data_id,
      alertVersion: row.no_data_version!,
      summary: what,
    });

  const open = row.alert_id === null ? undefined : { alertId: row.alert_id, alertVersion: row.alert_version! };
  const limitValue = limitOf(row);
  const breach = { ...base, kind: 'breach', ...open, limitValue } as const;
  if (!row.enabled) {
    if (open)
      changes.push({
        ...breach,
        to: 'closed',
        type: 'closed',
        severity: row.alert_severity!,
        reason: 'limit-disabled',
        summary: what,
      });
    return changes;
  }
  if (!known) return changes;
  const observed = row.observed!;
  const judged = judge(
    {
      warn: row.warn ?? undefined,
      soft: row.soft ?? undefined,
      hard: row.hard ?? undefined,
      recover: row.recover ?? undefined,
      forMs: row.for_ms,
      keepFiringMs: row.keep_firing_ms,
    },
    observed,
    open && {
      state: row.alert_state as Exclude<AlertState, 'closed'>,
      severity: row.alert_severity!,
      openedAt: row.opened_at!,
      recoveringSince: row.recovering_since ?? undefined,
    },
    at,
  );
  const summary = `${what} is ${observed}, limit ${limitValue}`;
  if (judged) changes.push({ ...breach, ...judged, observed, summary });
  else if (row.breach_id !== null && (row.breach_observed !== observed || row.breach_limit_version !== row.version))
    changes.push({
      ...breach,
      to: row.alert_state!,
      type: 'observed',
      severity: row.alert_severity!,
      observed,
      summary,
    });
  return changes;
}

/** The threshold that people mean by the limit. */
function limitOf({ warn, soft, hard }: ObservedLimit): Decimal {
  return (hard ?? soft ?? warn)!;
}
