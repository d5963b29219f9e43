import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  idInput,
  instant,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { ON_CALL } from '../breaches/breach-changes.ts';
import type { NotificationDelivery } from '../escalations/notification-delivery.ts';
import type { RiskMetricsExport } from '../metrics/risk-metrics-export.ts';
import type { Tables } from '../schema.ts';
import type { AlertStore } from './alerts.store.ts';
import { bySeverity } from './alerts.store.ts';
import {
  type AcknowledgeAlert,
  type Alert,
  type AlertLogEntry,
  type AlertRefusal,
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
  silenceAlerts,
  snoozeAlert,
} from './alerts.ts';

const db = queryBuilder<Tables>();

type Outcome = AlertRefusal | 'ok' | 'same' | 'repeated';

const alertOf = sql<Alert>`alert_json(a)`.as('alert');
const silenceColumns = ['id', 'matchers', 'reason', 'from_at', 'until_at', 'ended_at', 'request_hash'] as const;
const ruleColumns = ['id', 'source', 'target', 'equal', 'ended_at', 'request_hash'] as const;

const statements = {
  raise: functionCall(
    'risk.alerts.raise',
    'write',
    'raise_alert',
    [
      'id',
      'dedupKey',
      'severity',
      'summary',
      'labels',
      'policyId',
      'steps',
      'repeats',
      'requestHash',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome; alert: Alert | null }>(),
  ),
  answer: functionCall(
    'risk.alerts.answer',
    'write',
    'answer_alert',
    ['id', 'type', 'by', 'until', 'reason', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome; alert: Alert | null }>(),
  ),
  find: statement('risk.alerts.find', 'read', (p: { id: string }) =>
    db.selectFrom('alerts as a').select(alertOf).where('a.id', '=', p.id),
  ),
  active: statement('risk.alerts.listActive', 'read', () =>
    db.selectFrom('alerts as a').select(alertOf).where('a.state', '<>', 'closed').orderBy('a.id').limit(10_000),
  ),
  log: statement('risk.alerts.listLog', 'read', (p: { id: string }) =>
    db
      .selectFrom('alert_log')
      .select(['version', 'type', 'state', 'severity', 'details', 'actor', 'actor_kind', 'occurred_at'])
      .where('alert_id', '=', p.id)
      .orderBy('version'),
  ),
  silence: statement(
    'risk.alerts.silence',
    'write',
    (p: {
      id: string;
      matchers: string;
      reason: string;
      actor: string | null;
      from: Instant;
      until: Instant;
      requestHash: string;
    }) =>
      db
        .insertInto('silences')
        .values({
          id: p.id,
          matchers: p.matchers,
          reason: p.reason,
          actor: p.actor,
          from_at: p.from,
          until_at: p.until,
          request_hash: p.requestHash,
        })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  findSilence: statement('risk.alerts.findSilence', 'read', (p: { id: string }) =>
    db.selectFrom('silences').select(silenceColumns).where('id', '=', p.id),
  ),
  endSilence: statement('risk.alerts.endSilence', 'write', (p: { id: string; at: Instant }) =>
    db
      .updateTable('silences')
      .set({ ended_at: sql<Instant>`coalesce(ended_at, ${p.at}::timestamptz)` })
      .where('id', '=', p.id)
      .returning(silenceColumns),
  ),
  inhibit: statement(
    'risk.alerts.inhibit',
    'write',
    (p: { id: string; source: string; target: string; equal: string; at: Instant; requestHash: string }) =>
      db
        .insertInto('inhibit_rules')
        .values({
          id: p.id,
          source: p.source,
          target: p.target,
          equal: sql<string[]>`${p.equal}::text[]`,
          defined_at: p.at,
          request_hash: p.requestHash,
        })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  findRule: statement('risk.alerts.findRule', 'read', (p: { id: string }) =>
    db.selectFrom('inhibit_rules').select(ruleColumns).where('id', '=', p.id),
  ),
  rules: statement('risk.alerts.listInhibitRules', 'read', () =>
    db.selectFrom('inhibit_rules').select(ruleColumns).where('ended_at', 'is', null).orderBy('id'),
  ),
  endInhibition: statement('risk.alerts.endInhibition', 'write', (p: { id: string; at: Instant }) =>
    db
      .updateTable('inhibit_rules')
      .set({ ended_at: sql<Instant>`coalesce(ended_at, ${p.at}::timestamptz)` })
      .where('id', '=', p.id)
      .returning(ruleColumns),
  ),
  response: statement('risk.alerts.responseMetrics', 'read', (p: { from: Instant; until: Instant }) =>
    db
      .selectFrom('alerts as a')
      .select([
        sql<string>`to_char(a.closed_at at time zone 'UTC', 'YYYY-MM-DD')`.as('day'),
        sql<number>`count(*)`.as('closed'),
        sql<number>`count(r.at)`.as('acknowledged'),
        sql<number>`count(*) filter (where a.escalated > 0)`.as('escalated'),
        sql<number | null>`avg(extract(epoch from r.at - a.fired_at))::double precision`.as('to_acknowledge'),
        sql<number>`avg(extract(epoch from a.closed_at - a.fired_at))::double precision`.as('to_close'),
      ])
      .leftJoinLateral(
        (e) =>
          e
            .selectFrom('alert_log as l')
            .select(sql<Instant | null>`min(l.occurred_at)`.as('at'))
            .whereRef('l.alert_id', '=', 'a.id')
            .where('l.type', '=', 'acknowledged')
            .as('r'),
        (join) => join.onTrue(),
      )
      .where('a.closed_at', '>=', p.from)
      .where('a.closed_at', '<', p.until)
      .where('a.fired_at', 'is not', null)
      .groupBy(sql`1`)
      .orderBy(sql`1`),
  ),
  expectDetection: functionCall(
    'risk.alerts.expectDetection',
    'write',
    'place_scenario_mark',
    ['id', 'runId', 'labels', 'at', 'requestHash'],
    answers<{ outcome: 'ok' | 'same' | 'id-conflict' }>(),
  ),
  findDetection: statement('risk.alerts.getDetection', 'read', (p: { id: string }) =>
    db
      .selectFrom('scenario_marks')
      .select(['id', 'run_id', 'began_at', 'detected_at', 'alert_id'])
      .where('id', '=', p.id),
  ),
};

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
  expectDetection: operation('risk.alerts.expectDetection', expectDetection, (input) => input.markId),
  getDetection: operation('risk.alerts.getDetection', z.strictObject({ markId: idInput })),
};

/** How long an alert that was raised without a policy waits for an answer before it is told again. */
const UNANSWERED_MS = 900_000;

export class AlertRepository implements Alerts {
  readonly #context: AdapterContext;
  readonly #copies: AlertStore;
  readonly #delivery: NotificationDelivery;
  readonly #exported: RiskMetricsExport;
  readonly #onChange: () => void;

  constructor(
    context: AdapterContext,
    parts: { copies: AlertStore; delivery: NotificationDelivery; exported: RiskMetricsExport },
    onChange: () => void,
  ) {
    this.#context = context;
    this.#copies = parts.copies;
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
      this.#context.run(
        operations.list,
        page,
        options,
        async ({ state, severity, kind, from, until, cursor, limit }) => {
          let query = db
            .selectFrom('alerts as a')
            .select(alertOf)
            .orderBy('a.opened_at', 'desc')
            .orderBy('a.id', 'desc')
            .limit(limit + 1);
          if (state !== undefined) query = query.where(sql<boolean>`a.state = any (${arrayLiteral(state)}::text[])`);
          if (severity !== undefined) query = query.where('a.severity', '=', severity);
          if (kind !== undefined) query = query.where('a.kind', '=', kind);
          if (from !== undefined) query = query.where('a.opened_at', '>=', from);
          if (until !== undefined) query = query.where('a.opened_at', '<', until);
          if (cursor)
            query = query.where(sql<boolean>`(a.opened_at, a.id) < (${cursor[0]}::timestamptz, ${cursor[1]})`);
          const rows = await this.#context.pg.query('risk.alerts.list', 'read', query);
          return toPage(
            rows.map(({ alert }) => alert),
            limit,
            (each) => [each.openedAt, each.alertId],
          );
        },
      ),
    );
  }

  listActive(options?: CallOptions): Promise<Alert[]> {
    return this.#context.run(operations.listActive, {}, options, async (_, { fresh }) => {
      const copies = fresh ? undefined : await this.#copies.listActive();
      if (copies) return copies;
      const alerts = (await this.#context.pg.many(statements.active, {})).map(({ alert }) => alert);
      void this.#copies.fillActive(alerts);
      return alerts.sort(bySeverity);
    });
  }

  listLog(alertId: string, options?: CallOptions): Promise<AlertLogEntry[]> {
    return this.#context.run(operations.listLog, { alertId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.log, { id: input.alertId });
      if (rows.length === 0) throw refusal('unknown-alert', input);
      return rows.map(({ actor, actor_kind, occurred_at, details, ...entry }) => ({
        ...entry,
        details: details as Record<string, unknown>,
        ...(actor !== null && { actor }),
        actorKind: actor_kind,
        occurredAt: occurred_at,
      }));
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
      this.#context.run(operations.listSilences, page, options, async ({ active, cursor, limit }) => {
        const now = this.#context.clock.now();
        let query = db
          .selectFrom('silences')
          .select(silenceColumns)
          .orderBy('id')
          .limit(limit + 1);
        if (active === true) query = query.where('ended_at', 'is', null).where('until_at', '>', now);
        if (active === false)
          query = query.where((e) => e.or([e('ended_at', 'is not', null), e('until_at', '<=', now)]));
        if (cursor) query = query.where('id', '>', cursor[0]);
        const rows = await this.#context.pg.query('risk.alerts.listSilences', 'read', query);
        return toPage(rows.map(toSilence), limit, (each) => [each.silenceId]);
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
    return this.#context.run(operations.responseMetrics, input, options, async (range) => {
      const rows = await this.#context.pg.many(statements.response, range);
      return rows.map(({ day, closed, acknowledged, escalated, to_acknowledge, to_close }) => ({
        day,
        closed,
        acknowledged,
        escalated,
        ...(to_acknowledge !== null && { secondsToAcknowledge: to_acknowledge }),
        secondsToClose: to_close,
      }));
    });
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
    const row = await this.#context.pg.maybe(statements.find, { id: alertId });
    if (row) void this.#copies.fill(row.alert);
    return row?.alert;
  }

  async #detection(markId: string): Promise<Detection> {
    const row = await this.#context.pg.maybe(statements.findDetection, { id: markId });
    if (!row) throw refusal('unknown-detection', { markId });
    return {
      markId,
      runId: row.run_id,
      beganAt: row.began_at,
      ...(row.detected_at !== null && {
        detectedAt: row.detected_at,
        seconds: (instant.millis(row.detected_at) - instant.millis(row.began_at)) / 1000,
      }),
      ...(row.alert_id !== null && { alertId: row.alert_id }),
    };
  }

  #stamp() {
    return { at: this.#context.clock.now(), eventId: this.#context.ids.next(), context: contextLiteral() };
  }
}

const toSilence = (row: NonNullable<(typeof statements.findSilence)['row']>): Silence => ({
  silenceId: row.id,
  matchers: row.matchers as Record<string, string>,
  reason: row.reason,
  from: row.from_at,
  until: row.until_at,
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
});

const toRule = (row: NonNullable<(typeof statements.findRule)['row']>): InhibitRule => ({
  ruleId: row.id,
  source: row.source as Record<string, string>,
  target: row.target as Record<string, string>,
  equal: row.equal,
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
});
