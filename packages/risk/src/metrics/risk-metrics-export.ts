import { type AdapterContext, type Instant, arrayLiteral, instant, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { AlertScore, DetectorScore } from '../alerts/alert-accuracy.ts';
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

/** Names of detectors may be anybody's; metrics are bounded. */
const MOST_DETECTORS = 50;

/** What the monitor exports of itself, beside what every adapter does. */
export class RiskMetricsExport {
  readonly #context: AdapterContext;
  readonly #compliance: (value: number) => void;
  readonly #generated: (values: { severity: string }) => void;
  readonly #breached: (values: { metric: string; severity: string }) => void;
  readonly #latency: (seconds: number) => void;
  readonly #detection: (seconds: number) => void;
  readonly #accuracy: (value: number, values: { detector: string; measure: string }) => void;
  readonly #outcomes: (value: number, values: { detector: string; outcome: string }) => void;

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
    this.#accuracy = telemetry.gauge(
      'risk_alert_accuracy',
      'Precision, recall and f1 of alerts against what was really there, as last scored; NaN where there is none',
      ['detector', 'measure'],
    );
    this.#outcomes = telemetry.gauge('risk_alert_outcomes', 'What the last score counted', ['detector', 'outcome']);
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

  /** Alerts were scored against what was really there. */
  scored({ overall, detectors }: AlertScore): void {
    for (const score of [overall, ...detectors.slice(0, MOST_DETECTORS)]) this.#scored(score);
  }

  #scored(score: DetectorScore): void {
    const { detector } = score;
    for (const measure of ['precision', 'recall', 'f1'] as const)
      this.#accuracy(score[measure] ?? Number.NaN, { detector, measure });
    const counted = {
      'true-positive': score.truePositives,
      'false-positive': score.falsePositives,
      miss: score.misses,
      repeat: score.repeats,
      late: score.late,
    };
    for (const [outcome, count] of Object.entries(counted)) this.#outcomes(count, { detector, outcome });
  }

  /** These alerts fired: what they detected is timed. */
  async detected(alertIds: readonly string[]): Promise<void> {
    if (alertIds.length === 0) return;
    const rows = await this.#context.pg.many(detectionsOf, { alertIds: arrayLiteral(alertIds) });
    for (const { began_at, detected_at } of rows) this.#detection(secondsBetween(began_at, detected_at!));
  }
}

const secondsBetween = (from: Instant, to: Instant): number => (instant.millis(to) - instant.millis(from)) / 1000;
