import {
  type CallOptions,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  jsonObjectInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type Rollback, rollbacks } from '../scenarios/scenario-spec.ts';
import { type RunWriteRefusal, pathInput, runFields } from './run-ref.ts';
import { type RunStatus, type StepStatus, runStatuses } from './run-states.ts';

/** One execution of a version of a scenario. */
export interface Run {
  runId: string;
  scenarioId: string;
  scenarioVersion: number;
  status: RunStatus;
  /** The steady state did not hold: a finding, no failure of the run. */
  deviated: boolean;
  lockName?: string;
  /** Of the lease it is run under; writes with a lower one are refused. */
  fence?: number;
  seed: string;
  parameters: Record<string, unknown>;
  /** What it takes to run it again: versions, hashes of configurations, snapshots of data. */
  recipe: Record<string, unknown>;
  environment?: string;
  replayOf?: string;
  rollback: Rollback;
  /** Share of the probes that passed, by their weights, in percent. */
  score?: number;
  exitCode?: number;
  error?: string;
  protected: boolean;
  version: number;
  requestedAt: Instant;
  startedAt?: Instant;
  endedAt?: Instant;
  /** From its start to its end, in business time. */
  durationMs?: number;
}

/** One change of a run. */
export interface RunEvent {
  version: number;
  status: RunStatus;
  deviated: boolean;
  fence?: number;
  reason?: string;
  occurredAt: Instant;
}

/** One attempt of a step. */
export interface StepRun {
  path: string;
  attempt: number;
  status: StepStatus;
  output?: Record<string, unknown>;
  error?: string;
  startedAt: Instant;
  endedAt?: Instant;
}

const values = jsonObjectInput(16_384);
export const requestRun = z.strictObject({
  runId: idInput.optional(),
  scenarioId: idInput,
  scenarioVersion: z.int().min(1).max(2_147_483_647).optional(),
  /** Of everything that is drawn at random in the run. */
  seed: textInput(200).default('1'),
  parameters: values.default({}),
  recipe: values.default({}),
  environment: textInput(64).optional(),
  replayOf: idInput.optional(),
  rollback: z.enum(rollbacks).default('default'),
  protected: z.boolean().default(false),
});
export type RequestRun = z.input<typeof requestRun>;

/** `fence` and `lockName` are those of the lease that the caller holds (`locks.hold`). */
export const startRun = z.strictObject({ ...runFields, lockName: textInput(200) });
export type StartRun = z.input<typeof startRun>;

/** `completed` means exit code 0; without an exit code a run that failed did so before it could have one. */
export const endRun = z
  .strictObject({
    ...runFields,
    status: z.enum(['completed', 'failed', 'aborted']),
    exitCode: z.int().min(0).max(255).optional(),
    error: textInput(2000).optional(),
    score: z.number().min(0).max(100).optional(),
  })
  .refine(({ status, exitCode = 0 }) => status !== 'completed' || exitCode === 0, {
    path: ['exitCode'],
    message: 'expected 0 of a completed run',
  })
  .refine(({ status, exitCode }) => status !== 'failed' || exitCode !== 0, {
    path: ['exitCode'],
    message: 'expected another than 0 of a failed run',
  })
  .refine(({ status, exitCode }) => status !== 'aborted' || exitCode === undefined, {
    path: ['exitCode'],
    message: 'expected none of an aborted run',
  });
export type EndRun = z.input<typeof endRun>;

export const startStep = z.strictObject({ ...runFields, path: pathInput });
export type StartStep = z.input<typeof startStep>;
export const endStep = z.strictObject({
  ...runFields,
  path: pathInput,
  attempt: z.int().min(1).max(1_000_000),
  status: z.enum(['passed', 'failed', 'skipped', 'error']),
  output: jsonObjectInput(65_536).optional(),
  error: textInput(2000).optional(),
});
export type EndStep = z.input<typeof endStep>;

export const protectRun = z.strictObject({ runId: idInput, protected: z.boolean() });
export type ProtectRun = z.input<typeof protectRun>;

/** Newest first. */
export const listRuns = z.strictObject({
  scenarioId: idInput.optional(),
  status: z.array(z.enum(runStatuses)).min(1).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListRuns = z.input<typeof listRuns>;

/** How the runs of a scenario went. Without runs that ended there are no shares. */
export interface RunStatistics {
  ended: number;
  completed: number;
  /** 0 to 1. */
  passRate?: number;
  averageDurationMs?: number;
}

/** Where a run is, as it is told while it goes on. */
export interface RunProgress {
  runId: string;
  status: RunStatus;
  deviated: boolean;
  version: number;
  path?: string;
  stepStatus?: StepStatus;
}

/** Codes with which runs refuse. */
export type RunRefusal =
  | RunWriteRefusal
  | 'id-conflict'
  | 'unknown-scenario'
  | 'unknown-version'
  | 'unknown-replayed-run'
  | 'unknown-step'
  | 'scenario-archived'
  | 'lock-differs'
  | 'illegal-transition';

/**
 * Runs of scenarios. What their coordinator writes carries the fence of its lease, and is refused once somebody else holds the lease.
 * Errors are `not-found` or `conflict` with a `RunRefusal` as code.
 */
export interface Runs {
  /** A run that waits to be started. */
  request(input: RequestRun, options?: CallOptions): Promise<Run>;
  /** Starts it; or takes it over from a coordinator that lost its lease. */
  start(input: StartRun, options?: CallOptions): Promise<Run>;
  /** Ends it. What it has injected is to be undone from now on, steps that were running end as errors. */
  end(input: EndRun, options?: CallOptions): Promise<Run>;
  /** The next attempt of a step; answers the one that is running where there is one. */
  startStep(input: StartStep, options?: CallOptions): Promise<StepRun>;
  /** Ends a step of the plan. Refused with `unknown-step`, `stale-fence`. */
  endStep(input: EndStep, options?: CallOptions): Promise<StepRun>;
  /** A protected run keeps its logs beyond their time. */
  protect(input: ProtectRun, options?: CallOptions): Promise<Run>;
  /** Nothing where there is none. */
  find(runId: string, options?: CallOptions): Promise<Run | undefined>;
  /** Refused as `not-found` where there is none. */
  get(runId: string, options?: CallOptions): Promise<Run>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListRuns, options?: CallOptions): Listing<Run>;
  /** In the order of their paths and attempts. */
  listSteps(runId: string, options?: CallOptions): Promise<StepRun[]>;
  /** Oldest first. */
  listEvents(runId: string, options?: CallOptions): Promise<RunEvent[]>;
  /** How the runs of a scenario ended, and their scores. */
  statistics(scenarioId: string, options?: CallOptions): Promise<RunStatistics>;
  /** From Redis: where the run is. Nothing where it was never started, or is long over. */
  progress(runId: string, options?: CallOptions): Promise<RunProgress | undefined>;
  /** Each change of a run's progress, the present one first, until it has ended; conflates for a slow reader. */
  watch(runId: string, options?: CallOptions): AsyncIterable<RunProgress>;
}
