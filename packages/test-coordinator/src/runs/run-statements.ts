import { answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { runColumns } from './run-rows.ts';
import type { RunRefusal } from './runs.ts';

const db = queryBuilder<Tables>();

export type Outcome = RunRefusal | 'ok' | 'same';
const outcome = answers<{ outcome: Outcome }>();

const stepColumns = ['path', 'attempt', 'status', 'output', 'error', 'started_at', 'ended_at'] as const;

export const statements = {
  request: functionCall(
    'test-coordinator.runs.request',
    'write',
    'request_run',
    [
      'id',
      'scenarioId',
      'scenarioVersion',
      'seed',
      'parameters',
      'recipe',
      'environment',
      'replayOf',
      'rollback',
      'protected',
      'requestHash',
      'at',
      'eventId',
      'context',
    ],
    outcome,
  ),
  start: functionCall(
    'test-coordinator.runs.start',
    'write',
    'start_run',
    ['runId', 'fence', 'lockName', 'at', 'eventId', 'context'],
    outcome,
  ),
  end: functionCall(
    'test-coordinator.runs.end',
    'write',
    'end_run',
    ['runId', 'fence', 'status', 'exitCode', 'error', 'score', 'at', 'eventIds', 'context'],
    outcome,
  ),
  startStep: functionCall(
    'test-coordinator.runs.startStep',
    'write',
    'start_step',
    ['runId', 'fence', 'path', 'at'],
    answers<{ outcome: Outcome; attempt: number | null }>(),
  ),
  endStep: functionCall(
    'test-coordinator.runs.endStep',
    'write',
    'end_step',
    ['runId', 'fence', 'path', 'attempt', 'status', 'output', 'error', 'at', 'eventId', 'context'],
    outcome,
  ),
  protect: functionCall('test-coordinator.runs.protect', 'write', 'protect_run', ['runId', 'protected'], outcome),
  interrupt: functionCall(
    'test-coordinator.runs.interrupt',
    'write',
    'interrupt_runs',
    ['at', 'limit', 'eventIds', 'context'],
    answers<{ run_id: string }>(),
  ),
  find: statement('test-coordinator.runs.find', 'read', (p: { id: string }) =>
    db.selectFrom('runs').select(runColumns).where('id', '=', p.id),
  ),
  findStep: statement('test-coordinator.runs.findStep', 'read', (p: { runId: string; path: string; attempt: number }) =>
    db
      .selectFrom('step_runs')
      .select(stepColumns)
      .where('run_id', '=', p.runId)
      .where('path', '=', p.path)
      .where('attempt', '=', p.attempt),
  ),
  listSteps: statement('test-coordinator.runs.listSteps', 'read', (p: { runId: string }) =>
    db
      .selectFrom('step_runs')
      .select(stepColumns)
      .where('run_id', '=', p.runId)
      .orderBy(sql`string_to_array(path, '.')::integer[]`)
      .orderBy('attempt'),
  ),
  listEvents: statement('test-coordinator.runs.listEvents', 'read', (p: { runId: string }) =>
    db
      .selectFrom('run_events')
      .select(['version', 'status', 'deviated', 'fence', 'reason', 'occurred_at'])
      .where('run_id', '=', p.runId)
      .orderBy('version'),
  ),
  statistics: statement('test-coordinator.runs.statistics', 'read', (p: { scenarioId: string }) =>
    db
      .selectFrom('runs')
      .select([
        sql<number>`count(*)`.as('ended'),
        sql<number>`count(*) filter (where status = 'completed')`.as('completed'),
        sql<number | null>`(avg(extract(epoch from ended_at - started_at)) * 1000)::double precision`.as('average'),
      ])
      .where('scenario_id', '=', p.scenarioId)
      .where('ended_at', 'is not', null)
      .where('started_at', 'is not', null),
  ),
};
