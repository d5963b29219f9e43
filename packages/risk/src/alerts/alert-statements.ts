import { type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { Alert, AlertRefusal } from './alerts.ts';

const db = queryBuilder<Tables>();

export type Outcome = AlertRefusal | 'ok' | 'same' | 'repeated';

export const alertOf = sql<Alert>`alert_json(a)`.as('alert');
export const silenceColumns = ['id', 'matchers', 'reason', 'from_at', 'until_at', 'ended_at', 'request_hash'] as const;
const ruleColumns = ['id', 'source', 'target', 'equal', 'ended_at', 'request_hash'] as const;

export const statements = {
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
  fired: statement('risk.alerts.score', 'read', (p: { from: Instant; until: Instant; limit: number }) =>
    db
      .selectFrom('alerts as a')
      .select([
        'a.id as alertId',
        'a.labels',
        'a.fired_at as firedAt',
        sql<string>`coalesce(a.labels->>'detector', a.labels->>'metric', a.kind)`.as('detector'),
      ])
      .where('a.opened_at', '<=', p.until)
      .where('a.fired_at', '>=', p.from)
      .where('a.fired_at', '<=', p.until)
      .limit(p.limit),
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
