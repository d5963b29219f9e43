import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  type Projection,
  arrayLiteral,
  contextLiteral,
  idInput,
  listing,
  operation,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { z } from 'zod';
import { ON_CALL } from '../breaches/breach-changes.ts';
import type { NotificationDelivery } from '../escalations/notification-delivery.ts';
import type { RiskMetricsExport } from '../metrics/risk-metrics-export.ts';
import { alertsOf, silencesOf } from './alert-queries.ts';
import { toDetection, toLogEntry, toResponse, toRule, toSilence } from './alert-rows.ts';
import { type Outcome, statements } from './alert-statements.ts';
import { type AlertScore, scoreAlertsAgainst } from './alert-accuracy.ts';
import type { AlertStore } from './alerts.store.ts';
import { bySeverity } from './alerts.store.ts';
import {
  type AcknowledgeAlert,
  type Alert,
  type AlertLogEntry,
  type Alerts,
  type Delivery,
  type Detection,
  type EndInhibition,
  type EndSilence,
  type ExpectDetection,
  type InhibitAlerts,
  type InhibitRule,
  type ListAlerts,
  type ListSilences,
  type RaiseAlert,
  type ReadResponseMetrics,
  type ResolveAlert,
  type ResponseMetrics,
  type ScoreAlerts,
  type Silence,
  type SilenceAlerts,
  type SnoozeAlert,
  acknowledgeAlert,
  endInhibition,
  endSilence,
  expectDetection,
  inhibitAlerts,
  listAlerts,
  listSilences,
  raiseAlert,
  resolveAlert,
  responseMetrics,
  scoreAlerts,
  silenceAlerts,
  snoozeAlert,
} from './alerts.ts';

const byId = z.strictObject({ alertId: idInput });
const nothing = z.strictObject({});
const operations = {
  raise: operation('risk.alerts.raise', raiseAlert, (input) => input.alertId),
  acknowledge: operation('risk.alerts.acknowledge', acknowledgeAlert, (input) => input.alertId),
  snooze: operation('risk.alerts.snooze', snoozeAlert, (input) => input.alertId),
  resolve: operation('risk.alerts.resolve', resolveAlert, (input) => input.alertId),
  find: operation('risk.alerts.find', byId),
  get: operation('risk.alerts.get', byId),
  list: operation('risk.alerts.list', listAlerts),
  listActive: operation('risk.alerts.listActive', nothing),
  listLog: operation('risk.alerts.listLog', byId),
  silence: operation('risk.alerts.silence', silenceAlerts, (input) => input.silenceId),
  endSilence: operation('risk.alerts.endSilence', endSilence, (input) => input.silenceId),
  listSilences: operation('risk.alerts.listSilences', listSilences),
  inhibit: operation('risk.alerts.inhibit', inhibitAlerts, (input) => input.ruleId),
  endInhibition: operation('risk.alerts.endInhibition', endInhibition, (input) => input.ruleId),
  listInhibitRules: operation('risk.alerts.listInhibitRules', nothing),
  responseMetrics: operation('risk.alerts.responseMetrics', responseMetrics),
  score: operation('risk.alerts.score', scoreAlerts),
  expectDetection: operation('risk.alerts.expectDetection', expectDetection, (input) => input.markId),
  getDetection: operation('risk.alerts.getDetection', z.strictObject({ markId: idInput })),
};

const MOST_SCORED = 10_000;
/** How long an alert that was raised without a policy waits for an answer before it is told again. */
const UNANSWERED_MS = 900_000;

export class AlertRepository implements Alerts {
  readonly #context: AdapterContext;
  readonly #copies: AlertStore;
  readonly #delivery: NotificationDelivery;
  readonly #exported: RiskMetricsExport;
  readonly projections: readonly Projection[];
  readonly #onChange: () => void;

  constructor(
    context: AdapterContext,
    parts: { copies: AlertStore; delivery: NotificationDelivery; exported: RiskMetricsExport },
    onChange: () => void,
  ) {
    this.#context = context;
    this.#copies = parts.copies;
    this.projections = parts.copies.projections({
      find: (alertId) => this.#read(alertId),
      listActive: () => this.#readActive(),
    });
    this.#delivery = parts.delivery;
    this.#exported = parts.exported;
    this.#onChange = onChange;
  }

  raise(input: RaiseAlert, options?: CallOptions): Promise<Alert> {
    return this.#context.run(operations.raise, input, options, async (raised) => {
      const { alertId, dedupKey, severity, summary, labels, policyId } = raised;
      const answer = await this.#context.pg.one(statements.raise, {
        id: alertId,
        dedupKey,
        severity,
        summary,
        labels: JSON.stringify({ kind: 'manual', ...labels }),
        policyId,
        steps: JSON.stringify([{ targets: [ON_CALL], delayMs: UNANSWERED_MS }]),
        repeats: undefined,
        requestHash: requestHash(dedupKey, severity, summary, labels, policyId),
        ...this.#stamp(),
      });
      const alert = this.#accept(answer, alertId);
      if (answer.outcome === 'ok') {
        this.#exported.raised(severity);
        await this.#exported.detected([alertId]);
      }
      return alert;
    });
  }

  acknowledge(input: AcknowledgeAlert, options?: CallOptions): Promise<Alert> {
    return this.#context.run(operations.acknowledge, input, options, (answer) => this.#answer('acknowledged', answer));
  }
  snooze(input: SnoozeAlert, options?: CallOptions): Promise<Alert> {
    return this.#context.run(operations.snooze, input, options, (answer) => this.#answer('snoozed', answer));
  }
  resolve(input: ResolveAlert, options?: CallOptions): Promise<Alert> {
    return this.#context.run(operations.resolve, input, options, (answer) => this.#answer('closed', answer));
  }

  find(alertId: string, options?: CallOptions): Promise<Alert | undefined> {
    return this.#context.run(operations.find, { alertId }, options, (input, { fresh }) =>
      this.#find(input.alertId, fresh),
    );
  }

  get(alertId: string, options?: CallOptions): Promise<Alert> {
    return this.#context.run(operations.get, { alertId }, options, async (input, { fresh }) => {
      const alert = await this.#find(input.alertId, fresh);
      if (!alert) throw refusal('unknown-alert', input);
      return alert;
    });
  }

  list(input: ListAlerts = {}, options?: CallOptions): Listing<Alert> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const rows = await this.#context.pg.query('risk.alerts.list', 'read', alertsOf(given));
        return toPage(
          rows.map(({ alert }) => alert),
          given.limit,
          (each) => [each.openedAt, each.alertId],
        );
      }),
    );
  }

  listActive(options?: CallOptions): Promise<Alert[]> {
    return this.#context.run(operations.listActive, {}, options, async (_, { fresh }) => {
      const copies = fresh ? undefined : await this.#copies.listActive();
      if (copies) return copies;
      const alerts = await this.#readActive();
      void this.#copies.fillActive(alerts);
      return alerts.sort(bySeverity);
    });
  }

  listLog(alertId: string, options?: CallOptions): Promise<AlertLogEntry[]> {
    return this.#context.run(operations.listLog, { alertId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.log, { id: input.alertId });
      if (rows.length === 0) throw refusal('unknown-alert', input);
      return rows.map(toLogEntry);
    });
  }

  silence(input: SilenceAlerts, options?: CallOptions): Promise<Silence> {
    return this.#context.run(
      operations.silence,
      input,
      options,
      async ({ silenceId, matchers, reason, from, until }) => {
        const hash = requestHash(matchers, reason, from, until);
        const start = from ?? this.#context.clock.now();
        if (until <= start) throw refusal('already-past', { silenceId }, { 'already-past': 'until' });
        await this.#context.pg.run(statements.silence, {
          id: silenceId,
          matchers: JSON.stringify(matchers),
          reason,
          actor: null,
          from: start,
          until,
          requestHash: hash,
        });
        const row = await this.#context.pg.one(statements.findSilence, { id: silenceId });
        if (row.request_hash !== hash) throw refusal('id-conflict', { silenceId });
        return toSilence(row);
      },
    );
  }

  endSilence(input: EndSilence, options?: CallOptions): Promise<Silence> {
    return this.#context.run(operations.endSilence, input, options, async ({ silenceId }) => {
      const row = await this.#context.pg.maybe(statements.endSilence, { id: silenceId, at: this.#context.clock.now() });
      if (!row) throw refusal('unknown-silence', { silenceId });
      return toSilence(row);
    });
  }

  listSilences(input: ListSilences = {}, options?: CallOptions): Listing<Silence> {
    return listing(input, (page) =>
      this.#context.run(operations.listSilences, page, options, async (given) => {
        const query = silencesOf(given, this.#context.clock.now());
        const rows = await this.#context.pg.query('risk.alerts.listSilences', 'read', query);
        return toPage(rows.map(toSilence), given.limit, (each) => [each.silenceId]);
      }),
    );
  }

  inhibit(input: InhibitAlerts, options?: CallOptions): Promise<InhibitRule> {
    return this.#context.run(operations.inhibit, input, options, async ({ ruleId, source, target, equal }) => {
      const hash = requestHash(source, target, equal);
      await this.#context.pg.run(statements.inhibit, {
        id: ruleId,
        source: JSON.stringify(source),
        target: JSON.stringify(target),
        equal: arrayLiteral(equal),
        at: this.#context.clock.now(),
        requestHash: hash,
      });
      const row = await this.#context.pg.one(statements.findRule, { id: ruleId });
      if (row.request_hash !== hash) throw refusal('id-conflict', { ruleId });
      return toRule(row);
    });
  }

  endInhibition(input: EndInhibition, options?: CallOptions): Promise<InhibitRule> {
    return this.#context.run(operations.endInhibition, input, options, async ({ ruleId }) => {
      const row = await this.#context.pg.maybe(statements.endInhibition, { id: ruleId, at: this.#context.clock.now() });
      if (!row) throw refusal('unknown-rule', { ruleId });
      return toRule(row);
    });
  }

  listInhibitRules(options?: CallOptions): Promise<InhibitRule[]> {
    return this.#context.run(operations.listInhibitRules, {}, options, async () =>
      (await this.#context.pg.many(statements.rules, {})).map(toRule),
    );
  }

  responseMetrics(input: ReadResponseMetrics, options?: CallOptions): Promise<ResponseMetrics[]> {
    return this.#context.run(operations.responseMetrics, input, options, async (range) =>
      (await this.#context.pg.many(statements.response, range)).map(toResponse),
    );
  }

  expectDetection(input: ExpectDetection, options?: CallOptions): Promise<Detection> {
    return this.#context.run(operations.expectDetection, input, options, async ({ markId, runId, labels, at }) => {
      const { outcome } = await this.#context.pg.one(statements.expectDetection, {
        id: markId,
        runId,
        labels: JSON.stringify(labels),
        at,
        requestHash: requestHash(runId, labels, at),
      });
      if (outcome === 'id-conflict') throw refusal(outcome, { markId });
      return this.#detection(markId);
    });
  }

  getDetection(markId: string, options?: CallOptions): Promise<Detection> {
    return this.#context.run(operations.getDetection, { markId }, options, (input) => this.#detection(input.markId));
  }

  score(input: ScoreAlerts, options?: CallOptions): Promise<AlertScore> {
    return this.#context.run(operations.score, input, options, async ({ truth, detectors, ...given }) => {
      const { from, until, grace: graceMs, serviceLevel: serviceLevelMs } = given;
      const rows = await this.#context.pg.many(statements.fired, { from, until, limit: MOST_SCORED + 1 });
      if (rows.length > MOST_SCORED)
        throw refusal('too-many-alerts', { most: MOST_SCORED }, { 'too-many-alerts': 'until' });
      const alerts = rows.flatMap(({ labels, firedAt, ...alert }) =>
        detectors === undefined || detectors.includes(alert.detector)
          ? [{ ...alert, labels: labels as Record<string, string>, firedAt: firedAt! }]
          : [],
      );
      const score = scoreAlertsAgainst(truth, alerts, { graceMs, serviceLevelMs });
      this.#exported.scored(score);
      return score;
    });
  }

  onDue(handler: Parameters<Alerts['onDue']>[0], options?: Parameters<Alerts['onDue']>[1]): Delivery {
    return this.#delivery.start(handler, options);
  }

  async #answer(
    type: 'acknowledged' | 'snoozed' | 'closed',
    {
      alertId,
      by,
      until,
      reason,
    }: { alertId: string; by: string; until?: Instant | undefined; reason?: string | undefined },
  ): Promise<Alert> {
    const answer = await this.#context.pg.one(statements.answer, {
      id: alertId,
      type,
      by,
      until,
      reason,
      ...this.#stamp(),
    });
    return this.#accept(answer, alertId);
  }

  #accept({ outcome, alert }: { outcome: Outcome; alert: Alert | null }, alertId: string): Alert {
    if (outcome !== 'ok' && outcome !== 'same' && outcome !== 'repeated')
      throw refusal(outcome, { alertId }, { 'already-past': 'until' });
    this.#copies.refresh([alert!]);
    if (outcome !== 'same') this.#onChange();
    return alert!;
  }

  async #find(alertId: string, fresh: boolean): Promise<Alert | undefined> {
    const copy = fresh ? undefined : await this.#copies.find(alertId);
    if (copy) return copy;
    const alert = await this.#read(alertId);
    if (alert) void this.#copies.fill(alert);
    return alert;
  }

  async #read(alertId: string): Promise<Alert | undefined> {
    return (await this.#context.pg.maybe(statements.find, { id: alertId }))?.alert;
  }

  async #readActive(): Promise<Alert[]> {
    return (await this.#context.pg.many(statements.active, {})).map(({ alert }) => alert);
  }

  async #detection(markId: string): Promise<Detection> {
    const row = await this.#context.pg.maybe(statements.findDetection, { id: markId });
    if (!row) throw refusal('unknown-detection', { markId });
    return toDetection(row);
  }

  #stamp() {
    return { at: this.#context.clock.now(), eventId: this.#context.ids.next(), context: contextLiteral() };
  }
}
