import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  type Queries,
  answers,
  currentContext,
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
import type { OwnEvents } from '../trail/own-events.repository.ts';
import type { RunStatus } from './run-states.ts';
import {
  type EndRun,
  type ListRuns,
  type QuarantineRun,
  type RecoverRun,
  type RunManifest,
  type RunRefusal,
  type RunState,
  type Runs,
  type StartRun,
  endRun,
  listRuns,
  quarantineRun,
  recoverRun,
  startRun,
} from './runs.ts';

const db = queryBuilder<Tables>();
const columns = [
  'run_id',
  'binary_hash',
  'config_hash',
  'seed',
  'started_at',
  'version',
  'status',
  'high_watermark',
  'reason',
  'at',
] as const;

const statements = {
  start: functionCall(
    'audit.runs.start',
    'write',
    'start_run',
    ['runId', 'binaryHash', 'configHash', 'seed', 'actor', 'at', 'requestHash'],
    answers<{ outcome: RunRefusal | 'ok' | 'same'; high_watermark: number }>(),
  ),
  change: functionCall(
    'audit.runs.change',
    'write',
    'change_run',
    ['runId', 'status', 'version', 'reason', 'actor', 'at'],
    answers<{ outcome: RunRefusal | 'ok' | 'same'; version: number | null; high_watermark: number | null }>(),
  ),
  find: statement('audit.runs.find', 'read', (p: { runId: string }) =>
    db.selectFrom('current_runs').select(columns).where('run_id', '=', p.runId),
  ),
  states: statement('audit.runs.listStates', 'read', (p: { runId: string }) =>
    db
      .selectFrom('run_states')
      .select(['version', 'status', 'high_watermark', 'reason', 'actor', 'at'])
      .where('run_id', '=', p.runId)
      .orderBy('version'),
  ),
};

const byId = z.strictObject({ runId: idInput });
const operations = {
  start: operation('audit.runs.start', startRun, ({ runId }) => runId),
  end: operation('audit.runs.end', endRun, ({ runId }) => runId),
  recover: operation('audit.runs.recover', recoverRun, ({ runId }) => runId),
  quarantine: operation('audit.runs.quarantine', quarantineRun, ({ runId }) => runId),
  find: operation('audit.runs.find', byId),
  get: operation('audit.runs.get', byId),
  list: operation('audit.runs.list', listRuns),
  listStates: operation('audit.runs.listStates', byId),
};

export class RunRepository implements Runs {
  readonly #context: AdapterContext;
  readonly #own: OwnEvents;

  constructor(context: AdapterContext, own: OwnEvents) {
    this.#context = context;
    this.#own = own;
  }

  start(input: StartRun, options?: CallOptions): Promise<RunManifest> {
    return this.#context.run(operations.start, input, options, async (given) => {
      const { runId, binaryHash, configHash, seed } = given;
      await this.#own.ensureRoom();
      return this.#context.pg.transaction('audit.runs.start', async (tx) => {
        const { outcome, high_watermark: highWatermark } = await tx.one(statements.start, {
          runId,
          binaryHash,
          configHash,
          seed,
          actor: currentContext().actor,
          at: this.#context.clock.now(),
          requestHash: requestHash(binaryHash, configHash, seed),
        });
        if (outcome === 'ok') await this.#told(tx, runId, { status: 'running', version: 1, highWatermark });
        else if (outcome !== 'same') throw refusal(outcome, { runId });
        return toRun(await tx.one(statements.find, { runId }));
      });
    });
  }

  end(input: EndRun, options?: CallOptions): Promise<RunManifest> {
    return this.#context.run(operations.end, input, options, (given) => this.#change('ended', given));
  }

  recover(input: RecoverRun, options?: CallOptions): Promise<RunManifest> {
    return this.#context.run(operations.recover, input, options, (given) => this.#change('crashed-recovered', given));
  }

  quarantine(input: QuarantineRun, options?: CallOptions): Promise<RunManifest> {
    return this.#context.run(operations.quarantine, input, options, (given) => this.#change('quarantined', given));
  }

  find(runId: string, options?: CallOptions): Promise<RunManifest | undefined> {
    return this.#context.run(operations.find, { runId }, options, (input) => this.#find(input.runId));
  }

  get(runId: string, options?: CallOptions): Promise<RunManifest> {
    return this.#context.run(operations.get, { runId }, options, async (input) => {
      const found = await this.#find(input.runId);
      if (!found) throw refusal('unknown-run', { runId: input.runId });
      return found;
    });
  }

  list(input: ListRuns = {}, options?: CallOptions): Listing<RunManifest> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ status, cursor: after, limit }) => {
        let query = db
          .selectFrom('current_runs')
          .select(columns)
          .orderBy('started_at', 'desc')
          .orderBy('run_id', 'desc')
          .limit(limit + 1);
        if (status !== undefined) query = query.where('status', '=', status);
        if (after) query = query.where(sql<boolean>`(started_at, run_id) < (${after[0]}::timestamptz, ${after[1]})`);
        const rows = await this.#context.pg.query('audit.runs.list', 'replica', query);
        return toPage(rows.map(toRun), limit, (last) => [last.startedAt, last.runId]);
      }),
    );
  }

  listStates(runId: string, options?: CallOptions): Promise<RunState[]> {
    return this.#context.run(operations.listStates, { runId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.states, input);
      return rows.map(({ version, status, high_watermark, reason, actor, at }) => ({
        version,
        status,
        highWatermark: high_watermark,
        ...(reason !== null && { reason }),
        ...(actor !== null && { actor }),
        at,
      }));
    });
  }

  async #change(
    status: RunStatus,
    { runId, version, reason }: { runId: string; version?: number | undefined; reason?: string | undefined },
  ): Promise<RunManifest> {
    await this.#own.ensureRoom();
    return this.#context.pg.transaction('audit.runs.change', async (tx) => {
      const changed = await tx.one(statements.change, {
        runId,
        status,
        version,
        reason,
        actor: currentContext().actor,
        at: this.#context.clock.now(),
      });
      const { outcome } = changed;
      if (outcome === 'ok')
        await this.#told(tx, runId, {
          status,
          version: changed.version!,
          highWatermark: changed.high_watermark!,
          reason,
        });
      else if (outcome !== 'same') throw refusal(outcome, { runId, status, version: changed.version ?? undefined });
      return toRun(await tx.one(statements.find, { runId }));
    });
  }

  #told(
    tx: Queries,
    runId: string,
    payload: { status: RunStatus; version: number; highWatermark: number; reason?: string | undefined },
  ): Promise<void> {
    return this.#own.append(tx, [
      {
        type: 'manifest.changed',
        aggregateId: runId,
        aggregateVersion: payload.version,
        payload: { runId, ...payload },
      },
    ]);
  }

  async #find(runId: string): Promise<RunManifest | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { runId });
    return row && toRun(row);
  }
}

const toRun = (row: NonNullable<(typeof statements.find)['row']>): RunManifest => ({
  runId: row.run_id,
  binaryHash: row.binary_hash,
  configHash: row.config_hash,
  ...(row.seed !== null && { seed: row.seed }),
  startedAt: row.started_at,
  status: row.status,
  highWatermark: row.high_watermark,
  ...(row.reason !== null && { reason: row.reason }),
  changedAt: row.at,
  version: row.version,
});
