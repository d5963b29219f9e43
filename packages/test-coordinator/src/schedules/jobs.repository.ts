import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  InvalidInputError,
  answers,
  arrayLiteral,
  functionCall,
  idInput,
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
import type { Tables } from '../schema.ts';
import { inDependencyOrder } from './dependency-order.ts';
import {
  type ClaimJobs,
  type EnqueueJobs,
  type FinishJob,
  type Job,
  type JobRefusal,
  type Jobs,
  type ListJobs,
  type RenewJob,
  claimJobs,
  enqueueJobs,
  finishJob,
  listJobs,
  renewJob,
} from './jobs.ts';

const db = queryBuilder<Tables>();
type Outcome = JobRefusal | 'ok' | 'same';
const outcome = answers<{ outcome: Outcome }>();

const jobs = () =>
  db
    .selectFrom('jobs as j')
    .select([
      'j.id',
      'j.scenario_id',
      'j.scenario_version',
      'j.parameters',
      'j.lock_name',
      'j.state',
      'j.exclusive_key',
      'j.priority',
      'j.start_after',
      'j.attempts',
      'j.max_attempts',
      'j.token',
      'j.schedule_id',
      'j.nominal_at',
      'j.error',
      'j.cancel_requested',
      'j.created_at',
      'j.ended_at',
    ])
    .select(
      sql<
        Job['dependsOn'] | null
      >`(select jsonb_agg(jsonb_build_object('jobId', d.parent_id, 'onFailure', d.on_failure) order by d.parent_id)
        from job_dependencies as d where d.child_id = j.id)`.as('depends_on'),
    );

const statements = {
  enqueue: functionCall(
    'test-coordinator.jobs.enqueue',
    'write',
    'enqueue_jobs',
    ['jobs', 'at'],
    answers<{ outcome: Outcome; job_id: string | null }>(),
  ),
  claim: functionCall(
    'test-coordinator.jobs.claim',
    'write',
    'claim_jobs',
    ['holder', 'limit', 'ttl', 'at'],
    answers<{ job_id: string }>(),
  ),
  renew: functionCall(
    'test-coordinator.jobs.renew',
    'write',
    'renew_job',
    ['jobId', 'token', 'ttl'],
    answers<{ cancel_requested: boolean }>(),
  ),
  finish: functionCall(
    'test-coordinator.jobs.finish',
    'write',
    'finish_job',
    ['jobId', 'token', 'succeeded', 'error', 'at'],
    outcome,
  ),
  cancel: functionCall('test-coordinator.jobs.cancel', 'write', 'cancel_job', ['jobId', 'at'], outcome),
  retry: functionCall('test-coordinator.jobs.retry', 'write', 'retry_job', ['jobId', 'at'], outcome),
  findMany: statement('test-coordinator.jobs.findMany', 'read', (p: { ids: string }) =>
    jobs().where(sql<boolean>`j.id = any (${p.ids}::text[])`),
  ),
};

const byId = z.strictObject({ jobId: idInput });
const operations = {
  enqueue: operation('test-coordinator.jobs.enqueue', enqueueJobs, (input) => input.jobs[0]?.jobId),
  claim: operation('test-coordinator.jobs.claim', claimJobs, (input) => input.holder),
  renew: operation('test-coordinator.jobs.renew', renewJob, (input) => input.jobId),
  finish: operation('test-coordinator.jobs.finish', finishJob, (input) => input.jobId),
  cancel: operation('test-coordinator.jobs.cancel', byId, (input) => input.jobId),
  retry: operation('test-coordinator.jobs.retry', byId, (input) => input.jobId),
  find: operation('test-coordinator.jobs.find', byId),
  get: operation('test-coordinator.jobs.get', byId),
  list: operation('test-coordinator.jobs.list', listJobs),
};

export class JobRepository implements Jobs {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  enqueue(input: EnqueueJobs, options?: CallOptions): Promise<Job[]> {
    return this.#context.run(operations.enqueue, input, options, async ({ jobs: given }) => {
      const ordered = inDependencyOrder(given);
      if (ordered === undefined)
        throw new InvalidInputError(
          [{ path: 'jobs', message: 'they depend on each other in a circle' }],
          'circular-dependency',
        );
      const at = this.#context.clock.now();
      const rows = ordered.map(({ jobId, backoff, startAfter = at, ...job }) => ({
        id: jobId,
        ...job,
        startAfter,
        backoffMs: backoff,
        hash: requestHash(
          job.scenarioId,
          job.scenarioVersion,
          job.parameters,
          job.lockName,
          job.exclusiveKey,
          job.priority,
          job.maxAttempts,
          backoff,
          job.dependsOn,
        ),
      }));
      const answer = await this.#context.pg.one(statements.enqueue, { jobs: JSON.stringify(rows), at });
      if (answer.outcome !== 'ok' && answer.outcome !== 'same')
        throw refusal(answer.outcome, { jobId: answer.job_id ?? undefined });
      return this.#many(given.map(({ jobId }) => jobId));
    });
  }

  claim(input: ClaimJobs, options?: CallOptions): Promise<Job[]> {
    return this.#context.run(operations.claim, input, options, async ({ holder, limit, ttl }) => {
      const at = this.#context.clock.now();
      const claimed = await this.#context.pg.many(statements.claim, { holder, limit, ttl: `${ttl} milliseconds`, at });
      return this.#many(claimed.map(({ job_id }) => job_id));
    });
  }

  renew(input: RenewJob, options?: CallOptions): Promise<{ cancelRequested: boolean }> {
    return this.#context.run(operations.renew, input, options, async ({ jobId, token, ttl }) => {
      const row = await this.#context.pg.maybe(statements.renew, { jobId, token, ttl: `${ttl} milliseconds` });
      if (!row) throw refusal('stale-token', { jobId });
      return { cancelRequested: row.cancel_requested };
    });
  }

  finish(input: FinishJob, options?: CallOptions): Promise<Job> {
    return this.#context.run(operations.finish, input, options, async (given) => {
      const answer = await this.#context.pg.one(statements.finish, {
        ...given,
        error: given.error,
        at: this.#context.clock.now(),
      });
      return this.#changed(answer.outcome, given.jobId);
    });
  }

  cancel(jobId: string, options?: CallOptions): Promise<Job> {
    return this.#context.run(operations.cancel, { jobId }, options, async (input) => {
      const answer = await this.#context.pg.one(statements.cancel, { ...input, at: this.#context.clock.now() });
      return this.#changed(answer.outcome, input.jobId);
    });
  }

  retry(jobId: string, options?: CallOptions): Promise<Job> {
    return this.#context.run(operations.retry, { jobId }, options, async (input) => {
      const answer = await this.#context.pg.one(statements.retry, { ...input, at: this.#context.clock.now() });
      return this.#changed(answer.outcome, input.jobId);
    });
  }

  find(jobId: string, options?: CallOptions): Promise<Job | undefined> {
    return this.#context.run(
      operations.find,
      { jobId },
      options,
      async (input) => (await this.#many([input.jobId]))[0],
    );
  }

  get(jobId: string, options?: CallOptions): Promise<Job> {
    return this.#context.run(operations.get, { jobId }, options, (input) => this.#get(input.jobId));
  }

  list(input: ListJobs = {}, options?: CallOptions): Listing<Job> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ state, scheduleId, cursor, limit }) => {
        let query = jobs()
          .orderBy('j.created_at', 'desc')
          .orderBy('j.id', 'desc')
          .limit(limit + 1);
        if (state !== undefined) query = query.where(sql<boolean>`j.state = any (${arrayLiteral(state)}::text[])`);
        if (scheduleId !== undefined) query = query.where('j.schedule_id', '=', scheduleId);
        if (cursor) query = query.where(sql<boolean>`(j.created_at, j.id) < (${cursor[0]}::timestamptz, ${cursor[1]})`);
        const rows = await this.#context.pg.query('test-coordinator.jobs.list', 'read', query);
        return toPage(rows.map(toJob), limit, (job) => [job.createdAt, job.jobId]);
      }),
    );
  }

  async #changed(answer: Outcome, jobId: string): Promise<Job> {
    if (answer !== 'ok' && answer !== 'same') throw refusal(answer, { jobId });
    return this.#get(jobId);
  }

  async #get(jobId: string): Promise<Job> {
    const [job] = await this.#many([jobId]);
    if (!job) throw refusal('unknown-job', { jobId });
    return job;
  }

  /** In the order of the ids. */
  async #many(ids: readonly string[]): Promise<Job[]> {
    if (ids.length === 0) return [];
    const rows = await this.#context.pg.many(statements.findMany, { ids: arrayLiteral(ids) });
    const found = new Map(rows.map((row) => [row.id, toJob(row)]));
    return ids.flatMap((id) => found.get(id) ?? []);
  }
}

const toJob = (row: NonNullable<(typeof statements.findMany)['row']>): Job => ({
  jobId: row.id,
  scenarioId: row.scenario_id,
  ...(row.scenario_version !== null && { scenarioVersion: row.scenario_version }),
  parameters: row.parameters as Record<string, unknown>,
  ...(row.lock_name !== null && { lockName: row.lock_name }),
  state: row.state,
  ...(row.exclusive_key !== null && { exclusiveKey: row.exclusive_key }),
  priority: row.priority,
  startAfter: row.start_after,
  attempts: row.attempts,
  maxAttempts: row.max_attempts,
  ...(row.state === 'claimed' && { token: row.token }),
  ...(row.schedule_id !== null && { scheduleId: row.schedule_id }),
  ...(row.nominal_at !== null && { nominalAt: row.nominal_at }),
  ...(row.error !== null && { error: row.error }),
  cancelRequested: row.cancel_requested,
  dependsOn: row.depends_on ?? [],
  createdAt: row.created_at,
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
});
