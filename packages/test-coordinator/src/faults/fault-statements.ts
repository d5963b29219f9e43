import { type Instant, answers, functionCall, instant, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { FaultState } from './fault-states.ts';
import type { Fault, FaultRefusal } from './faults.ts';

const db = queryBuilder<Tables>();

export type Outcome = FaultRefusal | 'ok' | 'same';
const outcome = answers<{ outcome: Outcome }>();

export const columns = [
  'id',
  'run_id',
  'path',
  'fence',
  'target',
  'kind',
  'params',
  'undo',
  'state',
  'reason',
  'undo_attempts',
  'data_loss_count',
  'version',
  'planned_at',
  'must_end_by',
  'injected_at',
  'detected_at',
  'ended_at',
] as const;

export const statements = {
  plan: functionCall(
    'test-coordinator.faults.plan',
    'write',
    'plan_fault',
    [
      'id',
      'runId',
      'fence',
      'path',
      'target',
      'kind',
      'params',
      'undo',
      'mustEndBy',
      'requestHash',
      'at',
      'eventId',
      'context',
    ],
    outcome,
  ),
  change: functionCall(
    'test-coordinator.faults.change',
    'write',
    'change_fault',
    ['faultId', 'fence', 'state', 'reason', 'undoAfter', 'dataLossCount', 'at', 'eventId', 'context'],
    outcome,
  ),
  detect: functionCall('test-coordinator.faults.detect', 'write', 'detect_fault', ['faultId', 'at'], outcome),
  reap: functionCall(
    'test-coordinator.faults.reap',
    'write',
    'reap_faults',
    ['at', 'limit', 'retryAfter', 'mostAttempts', 'eventIds', 'context'],
    answers<{ fault_id: string; state: FaultState }>(),
  ),
  find: statement('test-coordinator.faults.find', 'read', (p: { id: string }) =>
    db.selectFrom('faults').select(columns).where('id', '=', p.id),
  ),
  listEvents: statement('test-coordinator.faults.listEvents', 'read', (p: { faultId: string }) =>
    db
      .selectFrom('fault_events')
      .select(['version', 'state', 'reason', 'occurred_at'])
      .where('fault_id', '=', p.faultId)
      .orderBy('version'),
  ),
  statistics: statement('test-coordinator.faults.recoveryStatistics', 'read', () => {
    const detection = sql`extract(epoch from detected_at - injected_at) * 1000`;
    const recovery = sql`extract(epoch from ended_at - injected_at) * 1000`;
    const p95 = (of: typeof detection) => sql<number | null>`percentile_cont(0.95) within group (order by ${of})`;
    return db
      .selectFrom('faults')
      .select([
        'kind',
        sql<number>`count(*)`.as('faults'),
        sql<number | null>`avg(${detection})::double precision`.as('detection'),
        p95(detection).as('detection95'),
        sql<number | null>`avg(${recovery})::double precision`.as('recovery'),
        p95(recovery).as('recovery95'),
      ])
      .where('injected_at', 'is not', null)
      .groupBy('kind')
      .orderBy('kind');
  }),
};

export const toFault = (row: NonNullable<(typeof statements.find)['row']>): Fault => ({
  faultId: row.id,
  runId: row.run_id,
  ...(row.path !== null && { path: row.path }),
  fence: row.fence,
  target: row.target,
  kind: row.kind,
  params: row.params as Record<string, unknown>,
  undo: row.undo as Record<string, unknown>,
  state: row.state,
  ...(row.reason !== null && { reason: row.reason }),
  undoAttempts: row.undo_attempts,
  ...(row.data_loss_count !== null && { dataLossCount: row.data_loss_count }),
  version: row.version,
  plannedAt: row.planned_at,
  mustEndBy: row.must_end_by,
  ...(row.injected_at !== null && {
    injectedAt: row.injected_at,
    ...(row.ended_at !== null && { recoveryMs: between(row.injected_at, row.ended_at) }),
    ...(row.detected_at !== null && { detectionMs: between(row.injected_at, row.detected_at) }),
  }),
  ...(row.detected_at !== null && { detectedAt: row.detected_at }),
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
});

const between = (from: Instant, to: Instant): number => instant.millis(to) - instant.millis(from);
