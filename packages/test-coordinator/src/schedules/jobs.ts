import {
  type CallOptions,
  type Instant,
  type Listing,
  durationInput,
  idInput,
  instantInput,
  jsonObjectInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type JobState, jobStates } from './job-states.ts';

/** A scenario that waits to be run by a worker. */
export interface Job {
  jobId: string;
  scenarioId: string;
  scenarioVersion?: number;
  parameters: Record<string, unknown>;
  lockName?: string;
  state: JobState;
  exclusiveKey?: string;
  priority: number;
  startAfter: Instant;
  attempts: number;
  maxAttempts: number;
  /** Of the present claim: what its holder ends it with. */
  token?: number;
  scheduleId?: string;
  nominalAt?: Instant;
  error?: string;
  cancelRequested: boolean;
  dependsOn: { jobId: string; onFailure: 'block' | 'skip' | 'run' }[];
  createdAt: Instant;
  endedAt?: Instant;
}

const values = jsonObjectInput(16_384);
const job = z.strictObject({
  jobId: idInput,
  scenarioId: idInput,
  scenarioVersion: z.int().min(1).max(2_147_483_647).optional(),
  parameters: values.default({}),
  lockName: textInput(200).optional(),
  /** Of jobs with one key, one is claimed at a time. */
  exclusiveKey: textInput(200).optional(),
  /** A higher one is claimed first. */
  priority: z.int().min(-1000).max(1000).default(0),
  /** In business time. */
  startAfter: instantInput.optional(),
  maxAttempts: z.int().min(1).max(100).default(1),
  /** Before the second attempt; doubles with each further one. */
  backoff: durationInput.default(0),
  dependsOn: z
    .array(z.strictObject({ jobId: idInput, onFailure: z.enum(['block', 'skip', 'run']).default('block') }))
    .max(100)
    .default([]),
});
export const enqueueJobs = z.strictObject({
  jobs: z
    .array(job)
    .min(1)
    .max(500)
    .refine((jobs) => new Set(jobs.map(({ jobId }) => jobId)).size === jobs.length, 'expected no job twice'),
});
export type EnqueueJobs = z.input<typeof enqueueJobs>;
export type NewJob = z.output<typeof job>;

export const claimJobs = z.strictObject({
  holder: textInput(200),
  limit: z.int().min(1).max(100).default(1),
  /** How long a claim outlives a holder that does not renew it. */
  ttl: durationInput.default(30_000),
});
export type ClaimJobs = z.input<typeof claimJobs>;
const claim = { jobId: idInput, token: z.int().min(1) };
export const renewJob = z.strictObject({ ...claim, ttl: durationInput.default(30_000) });
export type RenewJob = z.input<typeof renewJob>;
export const finishJob = z
  .strictObject({ ...claim, succeeded: z.boolean(), error: textInput(2000).optional() })
  .refine(({ succeeded, error }) => !succeeded || error === undefined, {
    path: ['error'],
    message: 'expected none where it succeeded',
  });
export type FinishJob = z.input<typeof finishJob>;
/** Newest first. */
export const listJobs = z.strictObject({
  state: z.array(z.enum(jobStates)).min(1).optional(),
  scheduleId: idInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListJobs = z.input<typeof listJobs>;

/** Codes with which jobs refuse. */
export type JobRefusal =
  | 'unknown-job'
  | 'unknown-scenario'
  | 'unknown-version'
  | 'unknown-parent'
  | 'id-conflict'
  | 'stale-token'
  | 'job-ended'
  | 'not-dead'
  | 'circular-dependency';

/**
 * The queue of scenarios to run. Claims are kept on the database's clock, with a token that grows: who lost a claim ends nothing. Errors are
 * `not-found`, `conflict` or `invalid-input` with a `JobRefusal` as code.
 */
export interface Jobs {
  /** All or none. What a job depends on is there already or among those that are given; a circle is refused. */
  enqueue(input: EnqueueJobs, options?: CallOptions): Promise<Job[]>;
  /** What is due, most urgent first; nothing where nothing is. */
  claim(input: ClaimJobs, options?: CallOptions): Promise<Job[]>;
  /** Answers whether it was asked to stop. A claim that was lost is refused with `stale-token`. */
  renew(input: RenewJob, options?: CallOptions): Promise<{ cancelRequested: boolean }>;
  /** One that did not succeed is ready once more until its attempts are used up. */
  finish(input: FinishJob, options?: CallOptions): Promise<Job>;
  /** One that is claimed is asked to stop. */
  cancel(jobId: string, options?: CallOptions): Promise<Job>;
  /** A dead one, with one more attempt. */
  retry(jobId: string, options?: CallOptions): Promise<Job>;
  /** Nothing where there is none. */
  find(jobId: string, options?: CallOptions): Promise<Job | undefined>;
  /** Refused as `not-found` where there is none. */
  get(jobId: string, options?: CallOptions): Promise<Job>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListJobs, options?: CallOptions): Listing<Job>;
}
