import { type Instant, instant } from '@tse/core';
import type { Rollback } from '../scenarios/scenario-spec.ts';
import type { RunStatus, StepStatus } from './run-states.ts';
import type { Run, StepRun } from './runs.ts';

export const runColumns = [
  'id',
  'scenario_id',
  'scenario_version',
  'status',
  'deviated',
  'lock_name',
  'fence',
  'seed',
  'parameters',
  'recipe',
  'environment',
  'replay_of',
  'rollback',
  'score',
  'exit_code',
  'error',
  'protected',
  'version',
  'requested_at',
  'started_at',
  'ended_at',
] as const;

export interface RunRow {
  id: string;
  scenario_id: string;
  scenario_version: number;
  status: RunStatus;
  deviated: boolean;
  lock_name: string | null;
  fence: number | null;
  seed: string;
  parameters: unknown;
  recipe: unknown;
  environment: string | null;
  replay_of: string | null;
  rollback: Rollback;
  score: number | null;
  exit_code: number | null;
  error: string | null;
  protected: boolean;
  version: number;
  requested_at: Instant;
  started_at: Instant | null;
  ended_at: Instant | null;
}

export const toRun = (row: RunRow): Run => ({
  runId: row.id,
  scenarioId: row.scenario_id,
  scenarioVersion: row.scenario_version,
  status: row.status,
  deviated: row.deviated,
  ...(row.lock_name !== null && { lockName: row.lock_name }),
  ...(row.fence !== null && { fence: row.fence }),
  seed: row.seed,
  parameters: row.parameters as Record<string, unknown>,
  recipe: row.recipe as Record<string, unknown>,
  ...(row.environment !== null && { environment: row.environment }),
  ...(row.replay_of !== null && { replayOf: row.replay_of }),
  rollback: row.rollback,
  ...(row.score !== null && { score: row.score }),
  ...(row.exit_code !== null && { exitCode: row.exit_code }),
  ...(row.error !== null && { error: row.error }),
  protected: row.protected,
  version: row.version,
  requestedAt: row.requested_at,
  ...(row.started_at !== null && { startedAt: row.started_at }),
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
  ...(row.started_at !== null &&
    row.ended_at !== null && { durationMs: instant.millis(row.ended_at) - instant.millis(row.started_at) }),
});

export interface StepRow {
  path: string;
  attempt: number;
  status: StepStatus;
  output: unknown;
  error: string | null;
  started_at: Instant;
  ended_at: Instant | null;
}

export const toStepRun = (row: StepRow): StepRun => ({
  path: row.path,
  attempt: row.attempt,
  status: row.status,
  ...(row.output !== null && { output: row.output as Record<string, unknown> }),
  ...(row.error !== null && { error: row.error }),
  startedAt: row.started_at,
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
});
