import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
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
import { z } from 'zod';
import { contentHash } from '../content-hash.ts';
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import { type Direction, paretoFront } from './pareto.ts';
import type { ParityRepository } from './parity.repository.ts';
import {
  type AddTrials,
  type ClaimTrial,
  type ClaimedTrial,
  type CompareParity,
  type CompleteTrial,
  type CreateStudy,
  type FailTrial,
  type ListStudies,
  type ListTrials,
  type ParityRun,
  type Studies,
  type Study,
  type StudyRefusal,
  type Trial,
  addTrials,
  claimTrial,
  compareParity,
  completeTrial,
  createStudy,
  failTrial,
  listStudies,
  listTrials,
} from './studies.ts';
import type { TrialState } from './trial-states.ts';

const db = queryBuilder<Tables>();

const columns = [
  'id',
  'strategy_id',
  'name',
  'objectives',
  'directions',
  'status',
  'trials',
  'version',
  'created_at',
] as const;
const trialColumns = [
  'study_id',
  'n',
  'params',
  'state',
  'worker',
  'claim',
  'claimed_until',
  'objectives',
  'backtest_id',
  'error',
  'ended_at',
] as const;

type Outcome = StudyRefusal | 'ok' | 'same';

const statements = {
  create: functionCall(
    'trading.studies.create',
    'write',
    'create_study',
    ['id', 'strategyId', 'name', 'objectives', 'directions', 'requestHash', 'at'],
    answers<{ outcome: Outcome }>(),
  ),
  close: functionCall('trading.studies.close', 'write', 'close_study', ['id'], answers<{ outcome: Outcome }>()),
  addTrials: functionCall(
    'trading.studies.addTrials',
    'write',
    'add_trials',
    ['studyId', 'params', 'hashes'],
    answers<{ outcome: Outcome; n: number | null }>(),
  ),
  claim: functionCall(
    'trading.studies.claim',
    'write',
    'claim_trial',
    ['studyId', 'worker', 'ttl'],
    answers<{ n: number; params: Record<string, unknown>; claim: number }>(),
  ),
  end: functionCall(
    'trading.studies.endTrial',
    'write',
    'end_trial',
    ['studyId', 'n', 'claim', 'state', 'objectives', 'backtestId', 'error', 'at'],
    answers<{ outcome: Outcome }>(),
  ),
  find: statement('trading.studies.find', 'read', (p: { id: string }) =>
    db.selectFrom('studies').select(columns).where('id', '=', p.id),
  ),
  findTrial: statement('trading.studies.findTrial', 'read', (p: { studyId: string; n: number }) =>
    db.selectFrom('trials').select(trialColumns).where('study_id', '=', p.studyId).where('n', '=', p.n),
  ),
  completed: statement('trading.studies.front', 'read', (p: { studyId: string }) =>
    db
      .selectFrom('trials')
      .select(trialColumns)
      .where('study_id', '=', p.studyId)
      .where('state', '=', 'completed')
      .orderBy('n'),
  ),
};

const one = z.strictObject({ studyId: idInput });
const idOf = (input: { studyId?: string | undefined }) => input.studyId;
const operations = {
  create: operation('trading.studies.create', createStudy, idOf),
  close: operation('trading.studies.close', one, idOf),
  find: operation('trading.studies.find', one),
  get: operation('trading.studies.get', one),
  list: operation('trading.studies.list', listStudies),
  addTrials: operation('trading.studies.addTrials', addTrials, idOf),
  claim: operation('trading.studies.claim', claimTrial, idOf),
  complete: operation('trading.studies.complete', completeTrial, idOf),
  fail: operation('trading.studies.fail', failTrial, idOf),
  listTrials: operation('trading.studies.listTrials', listTrials),
  front: operation('trading.studies.front', one),
  compareParity: operation('trading.studies.compareParity', compareParity, (input) => input.parityId),
  getParity: operation('trading.studies.getParity', z.strictObject({ parityId: idInput })),
};

export class StudyRepository implements Studies {
  readonly #context: AdapterContext;
  readonly #parity: ParityRepository;

  constructor(context: AdapterContext, parity: ParityRepository) {
    this.#context = context;
    this.#parity = parity;
  }

  create(input: CreateStudy, options?: CallOptions): Promise<Study> {
    return this.#context.run(operations.create, input, options, async ({ studyId, strategyId, name, objectives }) => {
      const id = studyId ?? this.#context.ids.next();
      const { outcome } = await this.#context.pg.one(statements.create, {
        id,
        strategyId,
        name,
        objectives: arrayLiteral(objectives.map((objective) => objective.name)),
        directions: arrayLiteral(objectives.map(({ direction }) => direction)),
        requestHash: requestHash(strategyId, name, objectives),
        at: this.#context.clock.now(),
      });
      return this.#answer(outcome, id);
    });
  }

  close(studyId: string, options?: CallOptions): Promise<Study> {
    return this.#context.run(operations.close, { studyId }, options, async (input) => {
      const { outcome } = await this.#context.pg.one(statements.close, { id: input.studyId });
      return this.#answer(outcome, input.studyId);
    });
  }

  find(studyId: string, options?: CallOptions): Promise<Study | undefined> {
    return this.#context.run(operations.find, { studyId }, options, (input) => this.#find(input.studyId));
  }

  get(studyId: string, options?: CallOptions): Promise<Study> {
    return this.#context.run(operations.get, { studyId }, options, (input) => this.#load(input.studyId));
  }

  list(input: ListStudies = {}, options?: CallOptions): Listing<Study> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ strategyId, cursor, limit }) => {
        let query = db
          .selectFrom('studies')
          .select(columns)
          .orderBy('id')
          .limit(limit + 1);
        if (strategyId !== undefined) query = query.where('strategy_id', '=', strategyId);
        if (cursor) query = query.where('id', '>', cursor[0]);
        const rows = await this.#context.pg.query('trading.studies.list', 'replica', query);
        return toPage(rows.map(toStudy), limit, ({ id }) => [id]);
      }),
    );
  }

  addTrials(input: AddTrials, options?: CallOptions): Promise<{ n: number; isNew: boolean }[]> {
    return this.#context.run(operations.addTrials, input, options, async ({ studyId, params }) => {
      const rows = await this.#context.pg.many(statements.addTrials, {
        studyId,
        params: arrayLiteral(params.map((each) => JSON.stringify(each))),
        hashes: arrayLiteral(params.map(contentHash)),
      });
      return rows.map(({ outcome, n }) => {
        if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { studyId });
        return { n: n!, isNew: outcome === 'ok' };
      });
    });
  }

  claim(input: ClaimTrial, options?: CallOptions): Promise<ClaimedTrial | undefined> {
    return this.#context.run(operations.claim, input, options, async ({ studyId, worker, ttl }) => {
      const row = await this.#context.pg.maybe(statements.claim, { studyId, worker, ttl: `${ttl} milliseconds` });
      return row && { studyId, ...row };
    });
  }

  complete(input: CompleteTrial, options?: CallOptions): Promise<Trial> {
    return this.#context.run(operations.complete, input, options, ({ objectives, ...trial }) =>
      this.#end({ ...trial, state: 'completed', objectives: arrayLiteral(objectives) }),
    );
  }

  fail(input: FailTrial, options?: CallOptions): Promise<Trial> {
    return this.#context.run(operations.fail, input, options, (trial) => this.#end({ ...trial, state: 'failed' }));
  }

  listTrials(input: ListTrials, options?: CallOptions): Listing<Trial> {
    return listing(input, (page) =>
      this.#context.run(operations.listTrials, page, options, async ({ studyId, state, cursor, limit }) => {
        let query = db
          .selectFrom('trials')
          .select(trialColumns)
          .where('study_id', '=', studyId)
          .orderBy('n')
          .limit(limit + 1);
        if (state !== undefined) query = query.where('state', '=', state);
        if (cursor) query = query.where('n', '>', cursor[0]);
        const rows = await this.#context.pg.query('trading.studies.listTrials', 'read', query);
        return toPage(rows.map(toTrial), limit, ({ n }) => [n]);
      }),
    );
  }

  front(studyId: string, options?: CallOptions): Promise<Trial[]> {
    return this.#context.run(operations.front, { studyId }, options, async (input) => {
      const { objectives } = await this.#load(input.studyId);
      const trials = (await this.#context.pg.many(statements.completed, input)).map(toTrial);
      const isOnFront = paretoFront(
        trials.map((trial) => trial.objectives!),
        objectives.map(({ direction }) => direction),
      );
      return trials.filter((_, i) => isOnFront[i]);
    });
  }

  compareParity(input: CompareParity, options?: CallOptions): Promise<ParityRun> {
    return this.#context.run(operations.compareParity, input, options, (given) => this.#parity.compare(given));
  }

  getParity(parityId: string, options?: CallOptions): Promise<ParityRun> {
    return this.#context.run(operations.getParity, { parityId }, options, (input) => this.#parity.get(input.parityId));
  }

  async #end(trial: {
    studyId: string;
    n: number;
    claim: number;
    state: TrialState;
    objectives?: string;
    backtestId?: string | undefined;
    error?: string;
  }): Promise<Trial> {
    const { studyId, n, claim, state, objectives, backtestId, error } = trial;
    const { outcome } = await this.#context.pg.one(statements.end, {
      studyId,
      n,
      claim,
      state,
      objectives,
      backtestId,
      error,
      at: this.#context.clock.now(),
    });
    if (outcome !== 'ok' && outcome !== 'same')
      throw refusal(outcome, { studyId, n }, { 'wrong-objectives': 'objectives' });
    return toTrial(await this.#context.pg.one(statements.findTrial, { studyId, n }));
  }

  async #find(id: string): Promise<Study | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toStudy(row);
  }

  async #load(studyId: string): Promise<Study> {
    const study = await this.#find(studyId);
    if (!study) throw refusal('unknown-study', { studyId });
    return study;
  }

  #answer(outcome: Outcome, studyId: string): Promise<Study> {
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { studyId });
    return this.#load(studyId);
  }
}

const toStudy = (row: NonNullable<(typeof statements.find)['row']>): Study => ({
  id: row.id,
  strategyId: row.strategy_id,
  name: row.name,
  objectives: row.objectives.map((name, i) => ({ name, direction: row.directions[i] as Direction })),
  status: row.status,
  trials: row.trials,
  version: row.version,
  createdAt: row.created_at,
});

interface TrialRow {
  study_id: string;
  n: number;
  params: unknown;
  state: TrialState;
  worker: string | null;
  claim: number;
  claimed_until: Instant | null;
  objectives: number[] | null;
  backtest_id: string | null;
  error: string | null;
  ended_at: Instant | null;
}

const toTrial = (row: TrialRow): Trial =>
  present({
    studyId: row.study_id,
    n: row.n,
    params: row.params as Record<string, unknown>,
    state: row.state,
    worker: row.worker,
    claim: row.claim,
    claimedUntil: row.claimed_until,
    objectives: row.objectives,
    backtestId: row.backtest_id,
    error: row.error,
    endedAt: row.ended_at,
  });
