import { type AdapterContext, type Instant, arrayLiteral, instant, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Severity } from '../alerts/severities.ts';
import type { BreachChange, ObservedLimit } from '../breaches/breach-changes.ts';
import { severityOf } from '../breaches/judge.ts';
import type { Tables } from '../schema.ts';

const detectionsOf = statement('risk.metrics.detections', 'read', (p: { alertIds: string }) =>
  queryBuilder<Tables>()
    .selectFrom('scenario_marks')
    .select(['began_at', 'detected_at'])
    .where(sql<boolean>`alert_id = any (${p.alertIds}::text[])`),
);

/** Seconds of business time, about the service level of 15. */
const DETECTION_BOUNDS = [1, 2.5, 5, 10, 15, 20, 30, 60, 120, 300];

/** What the monitor exports of itself, beside what every adapter does. */
export class RiskMetricsExport {
  readonly #context: AdapterContext;
  readonly #compliance: (value: number) => void;
  readonly #generated: (values: { severity: string }) => void;
  readonly #breached: (values: { metric: string; severity: string }) => void;
  readonly #latency: (seconds: number) => void;
  readonly #detection: (seconds: number) => void;

  constructor(context: AdapterContext) {
    this.#context = context;
    const { telemetry } = context;
    this.#compliance = telemetry.gauge(
      'risk_compliance_status',
      '1 while no hard threshold is exceeded and nothing is unknown',
    );
    this.#generated = telemetry.counter('risk_alert_generated', 'Alerts that fired', ['severity']);
    this.#breached = telemetry.counter('risk_threshold_breach', 'Breaches that opened or became worse', [
      'metric',
      'severity',
    ]);
    this.#latency = telemetry.histogram('risk_monitor_latency', 'Seconds in which all limits were compared')({});
    this.#detection = telemetry.histogram(
      'scenario_risk_detection',
      'Seconds of business time from the beginning of a scenario to the alert that detected it',
      DETECTION_BOUNDS,
    )({});
  }

  /** All limits were compared. */
  evaluated(rows: readonly ObservedLimit[], seconds: number): void {
    this.#latency(seconds);
    const compliant = rows.every(
      ({ enabled, observed, code, hard }) =>
        !enabled ||
        (code === null &&
          observed !== null &&
          severityOf(observed, { hard: hard ?? undefined, forMs: 0, keepFiringMs: 0 }) === undefined),
    );
    this.#compliance(compliant ? 1 : 0);
  }

  /** An alert of a limit changed. */
  changed({ kind, type, to, metric, severity }: BreachChange): void {
    if (to !== 'firing') return;
    if (type === 'opened' || type === 'fired') this.raised(severity);
    if (kind === 'breach' && metric !== undefined) this.#breached({ metric, severity });
  }

  /** An alert fired. */
  raised(severity: Severity): void {
    this.#generated({ severity });
  }

  /** These alerts fired: what they detected is timed. */
  async detected(alertIds: readonly string[]): Promise<void> {
    if (alertIds.length === 0) return;
    const rows = await this.#context.pg.many(detectionsOf, { alertIds: arrayLiteral(alertIds) });
    for (const { began_at, detected_at } of rows) this.#detection(secondsBetween(began_at, detected_at!));
  }
}

const secondsBetween = (from: Instant, to: Instant): number => (instant.millis(to) - instant.millis(from)) / 1000;
