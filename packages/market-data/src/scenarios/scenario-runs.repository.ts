import {
  type AdapterContext,
  type CallOptions,
  type Epoch,
  type KeyOf,
  type Listing,
  type Projection,
  arrayLiteral,
  contextLiteral,
  idInput,
  listing,
  operation,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import { LiveCopies } from '../live-copy.ts';
import { type Outcome, db, runs, statements, toCopy, toMove, toRun } from './scenario-run-statements.ts';
import {
  type ChangeScenarioRun,
  type Checkpoint,
  type FindCheckpoint,
  type ForkScenarioRun,
  type ListMoves,
  type ListScenarioRuns,
  type PriceCause,
  type PriceMove,
  type RecordMoves,
  type ScenarioRun,
  type ScenarioRuns,
  type StartScenarioRun,
  changeScenarioRun,
  findCheckpoint,
  forkScenarioRun,
  listMoves,
  listScenarioRuns,
  recordMoves,
  startScenarioRun,
} from './scenario-runs.ts';

const byId = z.strictObject({ scenarioRunId: idInput });
const operations = {
  start: operation('market-data.scenarioRuns.start', startScenarioRun, (input) => input.scenarioRunId),
  fork: operation('market-data.scenarioRuns.fork', forkScenarioRun, (input) => input.scenarioRunId),
  change: operation('market-data.scenarioRuns.change', changeScenarioRun, (input) => input.scenarioRunId),
  record: operation('market-data.scenarioRuns.record', recordMoves, (input) => input.scenarioRunId),
  find: operation('market-data.scenarioRuns.find', byId),
  get: operation('market-data.scenarioRuns.get', byId),
  list: operation('market-data.scenarioRuns.list', listScenarioRuns),
  listMoves: operation('market-data.scenarioRuns.listMoves', listMoves),
  findCheckpoint: operation('market-data.scenarioRuns.findCheckpoint', findCheckpoint),
};

export class ScenarioRunRepository implements ScenarioRuns {
  readonly #context: AdapterContext;
  readonly #onEvent: () => void;
  readonly projection: Projection;
  readonly #live: LiveCopies<ScenarioRun>;

  constructor(context: AdapterContext, epoch: Epoch, key: KeyOf, onEvent: () => void) {
    this.#context = context;
    this.#onEvent = onEvent;
    this.#live = new LiveCopies(context, epoch, key, async (id) => {
      const row = await context.pg.maybe(statements.find, { id });
      return row && toCopy(row);
    });
    this.projection = this.#live.projection('scenario-runs');
  }

  start(input: StartScenarioRun, options?: CallOptions): Promise<ScenarioRun> {
    return this.#context.run(operations.start, input, options, (run) =>
      this.#start({ ...run, id: run.scenarioRunId }, [run.scenarioId, run.version, run.seed, run.run]),
    );
  }

  fork(input: ForkScenarioRun, options?: CallOptions): Promise<ScenarioRun> {
    return this.#context.run(operations.fork, input, options, ({ parentRunId: parentId, ...run }) =>
      this.#start({ ...run, id: run.scenarioRunId, parentId }, [parentId, run.forkSequence, run.seed, run.run]),
    );
  }

  change(input: ChangeScenarioRun, options?: CallOptions): Promise<ScenarioRun> {
    return this.#context.run(operations.change, input, options, async ({ scenarioRunId, ...change }) => {
      const { outcome } = await this.#context.pg.one(statements.change, {
        reason: undefined,
        version: undefined,
        run: undefined,
        fence: undefined,
        ...change,
        id: scenarioRunId,
        at: this.#context.clock.now(),
        eventId: this.#context.ids.next(),
        context: contextLiteral(),
      });
      return this.#answer(outcome, scenarioRunId);
    });
  }

  record(input: RecordMoves, options?: CallOptions): Promise<ScenarioRun> {
    return this.#context.run(operations.record, input, options, async ({ scenarioRunId, moves, ...batch }) => {
      const causes = moves.flatMap((move, i) => move.causes.map((cause) => ({ ...cause, of: i + 1 })));
      const { outcome, at_move } = await this.#context.pg.one(statements.record, {
        id: scenarioRunId,
        firstSequence: batch.firstSequence,
        symbols: arrayLiteral(moves.map(({ symbol }) => symbol)),
        ats: arrayLiteral(moves.map(({ at }) => at)),
        froms: arrayLiteral(moves.map(({ from }) => from)),
        tos: arrayLiteral(moves.map(({ to }) => to)),
        causeOf: arrayLiteral(causes.map(({ of }) => of)),
        kinds: arrayLiteral(causes.map(({ kind }) => kind)),
        causeIds: arrayLiteral(causes.map(({ causeId }) => causeId)),
        deltas: arrayLiteral(causes.map(({ delta }) => delta)),
        randomState: batch.randomState,
        run: batch.run,
        fence: batch.fence,
        at: this.#context.clock.now(),
      });
      const sequence = at_move === null ? undefined : batch.firstSequence + at_move - 1;
      return this.#answer(outcome, scenarioRunId, sequence === undefined ? {} : { sequence });
    });
  }

  find(scenarioRunId: string, options?: CallOptions): Promise<ScenarioRun | undefined> {
    return this.#context.run(
      operations.find,
      { scenarioRunId },
      options,
      async (input, { fresh }) => (await this.#live.find(input.scenarioRunId, fresh))?.value,
    );
  }

  get(scenarioRunId: string, options?: CallOptions): Promise<ScenarioRun> {
    return this.#context.run(operations.get, { scenarioRunId }, options, async (input, { fresh }) => {
      const found = await this.#live.find(input.scenarioRunId, fresh);
      if (!found) throw refusal('unknown-scenario-run', input);
      return found.value;
    });
  }

  list(input: ListScenarioRuns = {}, options?: CallOptions): Listing<ScenarioRun> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ scenarioId, state, run, cursor, limit }) => {
        let query = runs()
          .orderBy('r.id')
          .limit(limit + 1);
        if (scenarioId !== undefined) query = query.where('r.scenario_id', '=', scenarioId);
        if (state !== undefined) query = query.where('r.state', '=', state);
        if (run !== undefined) query = query.where('r.run_id', '=', run);
        if (cursor) query = query.where('r.id', '>', cursor[0]);
        const rows = await this.#context.pg.query('market-data.scenarioRuns.list', 'read', query);
        return toPage(rows.map(toRun), limit, ({ scenarioRunId }) => [scenarioRunId]);
      }),
    );
  }

  listMoves(input: ListMoves, options?: CallOptions): Listing<PriceMove> {
    return listing(input, (page) =>
      this.#context.run(operations.listMoves, page, options, async (given) => {
        const after = given.cursor ? given.cursor[0] : given.afterSequence;
        let query = db
          .selectFrom(
            sql<{ run_id: string; from_seq: number; to_seq: number }>`scenario_lineage(${given.scenarioRunId})`.as('l'),
          )
          .innerJoin('price_moves as m', 'm.run_id', 'l.run_id')
          .select([
            'm.seq',
            'm.symbol',
            'm.price_before',
            'm.price',
            'm.event_at',
            sql<PriceCause[]>`(
              select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('kind', c.kind, 'causeId', c.cause_id,
                'delta', trim_scale(c.delta)::text)) order by c.n), '[]')
              from price_causes as c where c.run_id = m.run_id and c.seq = m.seq)`.as('causes'),
          ])
          .where(sql<boolean>`m.seq > greatest(l.from_seq, ${after}::bigint) and m.seq <= l.to_seq`)
          .orderBy('m.seq')
          .limit(given.limit + 1);
        if (given.symbol !== undefined) query = query.where('m.symbol', '=', given.symbol);
        const rows = await this.#context.pg.query('market-data.scenarioRuns.listMoves', 'read', query);
        return toPage(rows.map(toMove), given.limit, ({ sequence }) => [sequence]);
      }),
    );
  }

  findCheckpoint(input: FindCheckpoint, options?: CallOptions): Promise<Checkpoint | undefined> {
    return this.#context.run(operations.findCheckpoint, input, options, async ({ scenarioRunId, sequence }) => {
      const row = await this.#context.pg.maybe(statements.findCheckpoint, { id: scenarioRunId, sequence });
      return row && { sequence: row.seq, randomState: row.random_state };
    });
  }

  async #start(
    run: {
      id: string;
      scenarioId?: string;
      version?: number | undefined;
      seed?: string | undefined;
      parentId?: string;
      forkSequence?: number;
      run?: string | undefined;
      fence?: number | undefined;
    },
    content: unknown[],
  ): Promise<ScenarioRun> {
    const { outcome } = await this.#context.pg.one(statements.start, {
      id: run.id,
      scenarioId: run.scenarioId,
      version: run.version,
      seed: run.seed,
      parentId: run.parentId,
      forkSequence: run.forkSequence,
      run: run.run,
      fence: run.fence,
      requestHash: requestHash(...content),
      at: this.#context.clock.now(),
      eventId: this.#context.ids.next(),
      context: contextLiteral(),
    });
    return this.#answer(outcome, run.id);
  }

  async #answer(
    outcome: Outcome,
    scenarioRunId: string,
    details: Record<string, string | number> = {},
  ): Promise<ScenarioRun> {
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { scenarioRunId, ...details });
    this.#onEvent();
    const found = await this.#live.find(scenarioRunId, true);
    if (!found) throw refusal('unknown-scenario-run', { scenarioRunId });
    return found.value;
  }
}
