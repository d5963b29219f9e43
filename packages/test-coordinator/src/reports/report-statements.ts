import { type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { CaseHistory, IssueType, ItemStatus, ReportRefusal, Triage } from './reports.ts';

const db = queryBuilder<Tables>();

export type Outcome = ReportRefusal | 'ok' | 'same';
const outcome = answers<{ outcome: Outcome }>();

interface TriageRow {
  issueType: IssueType;
  comment: string | null;
  ticket: string | null;
  automatic: boolean;
  triagedAt: Instant;
}
const lastTriage = sql<TriageRow | null>`(
  select jsonb_build_object('issueType', t.issue_type, 'comment', t.comment, 'ticket', t.ticket, 'automatic', t.automatic,
    'triagedAt', instant_text(t.triaged_at))
  from triages as t where t.run_id = i.run_id and t.item_id = i.id order by t.n desc limit 1)`;

const histories = () =>
  db
    .selectFrom('case_histories')
    .select(['case_hash', 'name', 'runs', 'passed', 'failed', 'flips', 'last_outcomes', 'first_failed_at', 'last_at']);

export const statements = {
  record: functionCall(
    'test-coordinator.reports.record',
    'write',
    'record_report',
    ['runId', 'fence', 'items', 'at'],
    answers<{ outcome: Outcome; item_id: string | null }>(),
  ),
  triage: functionCall(
    'test-coordinator.reports.triage',
    'write',
    'triage_item',
    ['runId', 'itemId', 'issueType', 'comment', 'ticket', 'at', 'actor'],
    outcome,
  ),
  defineTriageRule: functionCall(
    'test-coordinator.reports.defineTriageRule',
    'write',
    'define_triage_rule',
    ['ruleId', 'pattern', 'issueType', 'ticket'],
    outcome,
  ),
  appendLogs: functionCall(
    'test-coordinator.reports.appendLogs',
    'write',
    'append_logs',
    ['runId', 'lines'],
    answers<{ outcome: Outcome; written: number | null }>(),
  ),
  retireLogs: functionCall(
    'test-coordinator.reports.retireLogs',
    'write',
    'retire_logs',
    ['before'],
    answers<{ month: string }>(),
  ),
  items: statement('test-coordinator.reports.items', 'read', (p: { runId: string }) =>
    db
      .selectFrom('report_items as i')
      .select([
        'i.id',
        'i.parent_id',
        'i.type',
        'i.name',
        'i.status',
        'i.case_hash',
        'i.parameters',
        'i.retry_of',
        'i.error',
        'i.started_at',
        'i.ended_at',
        lastTriage.as('triage'),
      ])
      .where('i.run_id', '=', p.runId)
      .orderBy('i.n'),
  ),
  triageOf: statement('test-coordinator.reports.triageOf', 'read', (p: { runId: string; itemId: string }) =>
    db
      .selectFrom('report_items as i')
      .select(lastTriage.as('triage'))
      .where('i.run_id', '=', p.runId)
      .where('i.id', '=', p.itemId),
  ),
  history: statement('test-coordinator.reports.history', 'read', (p: { caseHash: string }) =>
    histories().where('case_hash', '=', p.caseHash),
  ),
  listFlaky: statement('test-coordinator.reports.listFlaky', 'read', (p: { minRuns: number; limit: number }) =>
    histories()
      .where(sql<boolean>`runs >= ${p.minRuns}::integer and flips > 0`)
      .orderBy(sql`flips::double precision / (runs - 1)`, 'desc')
      .orderBy('case_hash')
      .limit(sql<number>`${p.limit}`),
  ),
};

export const toTriage = ({ issueType, comment, ticket, automatic, triagedAt }: TriageRow): Triage => ({
  issueType,
  ...(comment !== null && { comment }),
  ...(ticket !== null && { ticket }),
  automatic,
  triagedAt,
});

export const toHistory = (row: NonNullable<(typeof statements.history)['row']>): CaseHistory => ({
  caseHash: row.case_hash,
  name: row.name,
  runs: row.runs!,
  passed: row.passed!,
  failed: row.failed!,
  flipRate: row.runs! > 1 ? row.flips! / (row.runs! - 1) : 0,
  lastOutcomes: row.last_outcomes as ItemStatus[],
  ...(row.first_failed_at !== null && { firstFailedAt: row.first_failed_at }),
  lastAt: row.last_at!,
});
