import { type Decimal, type Instant, decimal, instant } from '@tse/core';
import { type AlertState } from '../alerts/alert-states.ts';
import { type Severity, severities } from '../alerts/severities.ts';

export interface Terms {
  warn?: Decimal | undefined;
  soft?: Decimal | undefined;
  hard?: Decimal | undefined;
  recover?: Decimal | undefined;
  forMs: number;
  keepFiringMs: number;
}

/** What is open of a limit. */
export interface OpenAlert {
  state: Exclude<AlertState, 'closed'>;
  severity: Severity;
  openedAt: Instant;
  recoveringSince?: Instant | undefined;
}

export interface Judgement {
  to: AlertState;
  /** What to call the step in the alert's log. */
  type: 'opened' | 'fired' | 'severity-changed' | 'recovering' | 'closed';
  severity: Severity;
  reason?: string;
}

/** How severe it is to be above a limit's thresholds; nothing where it is above none. */
export function severityOf(observed: Decimal, { warn, soft, hard }: Terms): Severity | undefined {
  const above = (threshold: Decimal | undefined) => threshold !== undefined && decimal.compare(observed, threshold) > 0;
  return above(hard) ? 'critical' : above(soft) ? 'high' : above(warn) ? 'medium' : undefined;
}

export const rankOf = (severity: Severity): number => severities.indexOf(severity);

/** Time since a moment. One that lies ahead, of a clock that went back, counts as long ago: nothing is silent for it. */
function elapsed(since: Instant, at: Instant): number {
  const ms = instant.millis(at) - instant.millis(since);
  return ms < 0 ? Infinity : ms;
}

/**
 * What becomes of a limit's alert by what was observed: it opens above the lowest threshold, fires once that lasted for `forMs`, and is over
 * at or below `recover` once that lasted for `keepFiringMs`. Between the two it stays what it is, so that nothing flaps. Nothing where it
 * stays as it is.
 */
export function judge(
  terms: Terms,
  observed: Decimal,
  alert: OpenAlert | undefined,
  at: Instant,
): Judgement | undefined {
  const severity = severityOf(observed, terms);
  const recover = (terms.recover ?? terms.warn ?? terms.soft ?? terms.hard)!;
  if (alert === undefined) {
    if (severity === undefined) return undefined;
    return { to: terms.forMs === 0 ? 'firing' : 'pending', type: 'opened', severity };
  }
  const over = decimal.compare(observed, recover) <= 0;
  if (alert.state === 'pending') {
    if (severity === undefined)
      return { to: 'closed', type: 'closed', severity: alert.severity, reason: 'not-for-long-enough' };
    return elapsed(alert.openedAt, at) >= terms.forMs ? { to: 'firing', type: 'fired', severity } : undefined;
  }
  const recovered = { to: 'closed', type: 'closed', severity: alert.severity, reason: 'recovered' } as const;
  if (alert.state === 'recovering') {
    if (!over) return { to: 'firing', type: 'fired', severity: severity ?? alert.severity };
    return elapsed(alert.recoveringSince!, at) >= terms.keepFiringMs ? recovered : undefined;
  }
  if (over)
    return terms.keepFiringMs === 0 ? recovered : { to: 'recovering', type: 'recovering', severity: alert.severity };
  return severity === undefined || severity === alert.severity
    ? undefined
    : { to: 'firing', type: 'severity-changed', severity };
}
