import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  type Projection,
  arrayLiteral,
  contextLiteral,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import type { RunProgressStore } from './run-progress.store.ts';
import { runColumns, toRun, toStepRun } from './run-rows.ts';
import { type Outcome, statements } from './run-statements.ts';
import { runTransitions } from './run-states.ts';
import {
  type EndRun,
  type EndStep,
  type ListRuns,
  type ProtectRun,
  type RequestRun,
  type Run,
  type RunEvent,
  type RunProgress,
  type RunStatistics,
  type Runs,
  type StartRun,
  type StartStep,
  type StepRun,
  endRun,
  endStep,
  listRuns,
  protectRun,
  requestRun,
  startRun,
  startStep,
} from './runs.ts';

const db = queryBuilder<Tables>();
/** A run that ends or is interrupted tells of itself and of each of its faults. Those beyond are the reaper's. */
const EVENTS_AT_END = 101;

const byId = z.strictObject({ runId: idInput });
const operations = {
  request: operation('test-coordinator.runs.request', requestRun, (input) => input.runId),
  start: operation('test-coordinator.runs.start', startRun, (input) => input.runId),
  end: operation('test-coordinator.runs.end', endRun, (input) => input.runId),
  startStep: operation('test-coordinator.runs.startStep', startStep, (input) => input.runId),
  endStep: operation('test-coordinator.runs.endStep', endStep, (input) => input.runId),
  protect: operation('test-coordinator.runs.protect', protectRun, (input) => input.runId),
  find: operation('test-coordinator.runs.find', byId),
  get: operation('test-coordinator.runs.get', byId),
  list: operation('test-coordinator.runs.list', listRuns),
  listSteps: operation('test-coordinator.runs.listSteps', byId),
  listEvents: operation('test-coordinator.runs.listEvents', byId),
  statistics: operation('test-coordinator.runs.statistics', z.strictObject({ scenarioId: idInput })),
  progress: operation('test-coordinator.runs.progress', byId),
};

export class RunRepository implements Runs {
  readonly #context: AdapterContext;
  readonly #progress: RunProgressStore;
  readonly projection: Projection;

  constructor(context: AdapterContext, progress: RunProgressStore) {
    this.#context = context;
    this.#progress = progress;
    this.projection = progress.projection((runId) => this.#find(runId));
  }

  request(input: RequestRun, options?: CallOptions): Promise<Run> {
    return this.#context.run(operations.request, input, options, async ({ runId, ...run }) => {
      const id = runId ?? this.#context.ids.next();
      const { scenarioId, scenarioVersion, seed, parameters, recipe, environment, replayOf, rollback } = run;
      const answer = await this.#context.pg.one(statements.request, {
        id,
        scenarioId,
        scenarioVersion,
        seed,
        parameters: JSON.stringify(parameters),
        recipe: JSON.stringify(recipe),
        environment,
        replayOf,
        rollback,
        protected: run.protected,
        requestHash: requestHash(
          scenarioId,
          scenarioVersion,
          seed,
          parameters,
          recipe,
          environment,
          replayOf,
          rollback,
          run.protected,
        ),
        ...this.#write(),
      });
      return this.#changed(answer.outcome, id, { scenarioId, scenarioVersion, replayOf });
    });
  }

  start(input: StartRun, options?: CallOptions): Promise<Run> {
    return this.#context.run(operations.start, input, options, async (given) => {
      const answer = await this.#context.pg.one(statements.start, { ...given, ...this.#write() });
      return this.#changed(answer.outcome, given.runId, { fence: given.fence });
    });
  }

  end(input: EndRun, options?: CallOptions): Promise<Run> {
    return this.#context.run(operations.end, input, options, async ({ exitCode, ...given }) => {
      const code = exitCode ?? (given.status === 'completed' ? 0 : undefined);
      const answer = await this.#context.pg.one(statements.end, {
        ...given,
        error: given.error,
        score: given.score,
        exitCode: code,
        at: this.#context.clock.now(),
        eventIds: this.#eventIds(),
        context: contextLiteral(),
      });
      return this.#changed(answer.outcome, given.runId, { fence: given.fence });
    });
  }

  startStep(input: StartStep, options?: CallOptions): Promise<StepRun> {
    return this.#context.run(operations.startStep, input, options, async (given) => {
      const answer = await this.#context.pg.one(statements.startStep, { ...given, at: this.#context.clock.now() });
      return this.#step(answer.outcome, given, answer.attempt ?? 0);
    });
  }

  endStep(input: EndStep, options?: CallOptions): Promise<StepRun> {
    return this.#context.run(operations.endStep, input, options, async (given) => {
      const answer = await this.#context.pg.one(statements.endStep, {
        ...given,
        error: given.error,
        output: given.output === undefined ? undefined : JSON.stringify(given.output),
        ...this.#write(),
      });
      return this.#step(answer.outcome, given, given.attempt);
    });
  }

  protect(input: ProtectRun, options?: CallOptions): Promise<Run> {
    return this.#context.run(operations.protect, input, options, async ({ runId, protected: kept }) => {
      const answer = await this.#context.pg.one(statements.protect, { runId, protected: kept });
      return this.#changed(answer.outcome, runId);
    });
  }

  find(runId: string, options?: CallOptions): Promise<Run | undefined> {
    return this.#context.run(operations.find, { runId }, options, (input) => this.#find(input.runId));
  }

  get(runId: string, options?: CallOptions): Promise<Run> {
    return this.#context.run(operations.get, { runId }, options, (input) => this.#get(input.runId));
  }

  list(input: ListRuns = {}, options?: CallOptions): Listing<Run> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ scenarioId, status, from, to, cursor, limit }) => {
        let query = db
          .selectFrom('runs')
          .select(runColumns)
          .orderBy('requested_at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (scenarioId !== undefined) query = query.where('scenario_id', '=', scenarioId);
        if (status !== undefined) query = query.where(sql<boolean>`status = any (${arrayLiteral(status)}::text[])`);
        if (from !== undefined) query = query.where('requested_at', '>=', from);
        if (to !== undefined) query = query.where('requested_at', '<', to);
        if (cursor) query = query.where(sql<boolean>`(requested_at, id) < (${cursor[0]}::timestamptz, ${cursor[1]})`);
        const rows = await this.#context.pg.query('test-coordinator.runs.list', 'read', query);
        return toPage(rows.map(toRun), limit, (run) => [run.requestedAt, run.runId]);
      }),
    );
  }

  listSteps(runId: string, options?: CallOptions): Promise<StepRun[]> {
    return this.#context.run(operations.listSteps, { runId }, options, async (input) =>
      (await this.#context.pg.many(statements.listSteps, input)).map(toStepRun),
    );
  }

  listEvents(runId: string, options?: CallOptions): Promise<RunEvent[]> {
    return this.#context.run(operations.listEvents, { runId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listEvents, input);
      return rows.map((row) => ({
        version: row.version,
        status: row.status,
        deviated: row.deviated,
        ...(row.fence !== null && { fence: row.fence }),
        ...(row.reason !== null && { reason: row.reason }),
        occurredAt: row.occurred_at,
      }));
    });
  }

  statistics(scenarioId: string, options?: CallOptions): Promise<RunStatistics> {
    return this.#context.run(operations.statistics, { scenarioId }, options, async (input) => {
      const { ended, completed, average } = await this.#context.pg.one(statements.statistics, input);
      return {
        ended,
        completed,
        ...(ended > 0 && { passRate: completed / ended }),
        ...(average !== null && { averageDurationMs: average }),
      };
    });
  }

  progress(runId: string, options?: CallOptions): Promise<RunProgress | undefined> {
    return this.#context.run(operations.progress, { runId }, options, (input) => this.#progress.find(input.runId));
  }

  async *watch(runId: string, options?: CallOptions): AsyncIterable<RunProgress> {
    // Refused by its name as anywhere else; also a run that Redis has forgotten has a present state.
    const { status, deviated, version } = await this.get(runId, options);
    const isOver = (of: RunProgress['status']) => runTransitions[of].length === 0;
    if (isOver(status)) yield { runId, status, deviated, version };
    else yield* this.#progress.watch(runId, options?.signal, isOver);
  }

  /** Finds runs whose lease was lost, and has what they injected undone. Answers how many. For the worker. */
  async interruptLost(limit: number): Promise<number> {
    const rows = await this.#context.pg.many(statements.interrupt, {
      at: this.#context.clock.now(),
      limit,
      eventIds: this.#eventIds(),
      context: contextLiteral(),
    });
    for (const { run_id } of rows) await this.#tell(run_id);
    return rows.length;
  }

  #write() {
    return { at: this.#context.clock.now(), eventId: this.#context.ids.next(), context: contextLiteral() };
  }

  #eventIds(): string {
    return arrayLiteral(Array.from({ length: EVENTS_AT_END }, () => this.#context.ids.next()));
  }

  async #changed(
    answer: Outcome,
    runId: string,
    details: Record<string, string | number | undefined> = {},
  ): Promise<Run> {
    if (answer !== 'ok' && answer !== 'same') throw refusal(answer, { runId, ...details });
    const run = await this.#get(runId);
    await this.#progress.tell(run);
    return run;
  }

  async #step(answer: Outcome, of: { runId: string; path: string }, attempt: number): Promise<StepRun> {
    const { runId, path } = of;
    if (answer !== 'ok' && answer !== 'same') throw refusal(answer, { runId, path });
    const step = toStepRun(await this.#context.pg.one(statements.findStep, { runId, path, attempt }));
    await this.#tell(runId, step);
    return step;
  }

  async #tell(runId: string, step?: StepRun): Promise<void> {
    const run = await this.#find(runId);
    if (run) await this.#progress.tell(run, step);
  }

  async #find(runId: string): Promise<Run | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id: runId });
    return row && toRun(row);
  }

  async #get(runId: string): Promise<Run> {
    const run = await this.#find(runId);
    if (!run) throw refusal('unknown-run', { runId });
    return run;
  }
}
