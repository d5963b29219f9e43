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
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import {
  type Correlation,
  type CorrelationDrift,
  type CorrelationRefusal,
  type CorrelationTargets,
  type Correlations,
  type DefineTargets,
  type GetCorrelation,
  type GetDrift,
  type ListTargets,
  type RecordReturns,
  type TrackCorrelation,
  defineTargets,
  getCorrelation,
  getDrift,
  listTargets,
  recordReturns,
  trackCorrelation,
} from './correlations.ts';
import { type PartialSums, correlationOf, mergeSums, noSums, sumsOf, swapSums } from './partial-sums.ts';

const db = queryBuilder<Tables>();
type Outcome = CorrelationRefusal | 'ok' | 'same';
const changed = answers<{ outcome: Outcome; changed: number | null }>();

const sumColumns = ['n', 'mean_first', 'mean_second', 'squares_first', 'squares_second', 'products'] as const;
const targetSets = () =>
  db.selectFrom('correlation_target_sets as t').select([
    't.id',
    't.symbols',
    't.scenario_id',
    't.scenario_version',
    't.defined_at',
    sql<CorrelationTargets['pairs']>`(
        select coalesce(jsonb_agg(jsonb_build_object('first', p.first_symbol, 'second', p.second_symbol, 'target', p.target)
          order by p.first_symbol, p.second_symbol), '[]')
        from correlation_targets as p where p.set_id = t.id)`.as('pairs'),
  ]);

const statements = {
  record: functionCall(
    'market-data.correlations.record',
    'write',
    'record_correlation_partials',
    [
      'first',
      'second',
      'interval',
      'source',
      'buckets',
      'counts',
      'meansFirst',
      'meansSecond',
      'squaresFirst',
      'squaresSecond',
      'products',
      'at',
    ],
    changed,
  ),
  track: functionCall(
    'market-data.correlations.track',
    'write',
    'track_correlation',
    ['first', 'second', 'interval', 'priceType', 'source', 'from', 'to', 'at'],
    changed,
  ),
  partials: statement(
    'market-data.correlations.partials',
    'replica',
    (p: { first: string; second: string; interval: string; source: string; from: Instant; to: Instant }) =>
      db
        .selectFrom('correlation_partials')
        .select(sumColumns)
        .where('first_symbol', '=', p.first)
        .where('second_symbol', '=', p.second)
        .where('interval', '=', p.interval)
        .where('source', '=', p.source)
        .where('bucket', '>=', p.from)
        .where('bucket', '<', p.to)
        .orderBy('bucket'),
  ),
  define: functionCall(
    'market-data.correlations.defineTargets',
    'write',
    'define_correlation_targets',
    ['id', 'symbols', 'firsts', 'seconds', 'targets', 'scenarioId', 'scenarioVersion', 'requestHash', 'at'],
    answers<{ outcome: Outcome }>(),
  ),
  findTargets: statement('market-data.correlations.findTargets', 'read', (p: { id: string }) =>
    targetSets().where('t.id', '=', p.id),
  ),
};

const operations = {
  record: operation('market-data.correlations.record', recordReturns),
  track: operation('market-data.correlations.track', trackCorrelation),
  get: operation('market-data.correlations.get', getCorrelation),
  defineTargets: operation('market-data.correlations.defineTargets', defineTargets, (input) => input.targetsId),
  findTargets: operation('market-data.correlations.findTargets', z.strictObject({ targetsId: idInput })),
  listTargets: operation('market-data.correlations.listTargets', listTargets),
  getDrift: operation('market-data.correlations.getDrift', getDrift),
};

export class CorrelationRepository implements Correlations {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  record(input: RecordReturns, options?: CallOptions): Promise<{ changed: number }> {
    return this.#context.run(operations.record, input, options, async ({ buckets, interval, source, ...pair }) => {
      const { first, second } = inOrder(pair);
      const turned = first !== pair.first;
      const sums = buckets.map(({ returns }) => (turned ? swapSums(sumsOf(returns)) : sumsOf(returns)));
      const column = (of: (sums: PartialSums) => number) => arrayLiteral(sums.map(of));
      const answer = await this.#context.pg.one(statements.record, {
        first,
        second,
        interval,
        source,
        buckets: arrayLiteral(buckets.map(({ day }) => day)),
        counts: column(({ n }) => n),
        meansFirst: column(({ meanFirst }) => meanFirst),
        meansSecond: column(({ meanSecond }) => meanSecond),
        squaresFirst: column(({ squaresFirst }) => squaresFirst),
        squaresSecond: column(({ squaresSecond }) => squaresSecond),
        products: column(({ products }) => products),
        at: this.#context.clock.now(),
      });
      return accept(answer, { first, second, interval });
    });
  }

  track(input: TrackCorrelation, options?: CallOptions): Promise<{ changed: number }> {
    return this.#context.run(operations.track, input, options, async ({ first: a, second: b, ...series }) => {
      const { first, second } = inOrder({ first: a, second: b });
      const at = this.#context.clock.now();
      const answer = await this.#context.pg.one(statements.track, { ...series, first, second, at });
      return accept(answer, { first, second, interval: series.interval });
    });
  }

  get(input: GetCorrelation, options?: CallOptions): Promise<Correlation> {
    return this.#context.run(operations.get, input, options, (given) => this.#get(given));
  }

  defineTargets(input: DefineTargets, options?: CallOptions): Promise<CorrelationTargets> {
    return this.#context.run(operations.defineTargets, input, options, async (given) => {
      const { targetsId, symbols, scenarioId, scenarioVersion } = given;
      const pairs = given.pairs
        .map(({ target, ...pair }) => ({ ...inOrder(pair), target }))
        .toSorted((a, b) => (`${a.first} ${a.second}` < `${b.first} ${b.second}` ? -1 : 1));
      const { outcome } = await this.#context.pg.one(statements.define, {
        id: targetsId,
        symbols: arrayLiteral(symbols),
        firsts: arrayLiteral(pairs.map(({ first }) => first)),
        seconds: arrayLiteral(pairs.map(({ second }) => second)),
        targets: arrayLiteral(pairs.map(({ target }) => target)),
        scenarioId,
        scenarioVersion,
        requestHash: requestHash(symbols, pairs, scenarioId, scenarioVersion),
        at: this.#context.clock.now(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { targetsId });
      return this.#targets(targetsId);
    });
  }

  findTargets(targetsId: string, options?: CallOptions): Promise<CorrelationTargets | undefined> {
    return this.#context.run(operations.findTargets, { targetsId }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.findTargets, { id: input.targetsId });
      return row && toTargets(row);
    });
  }

  listTargets(input: ListTargets = {}, options?: CallOptions): Listing<CorrelationTargets> {
    return listing(input, (page) =>
      this.#context.run(operations.listTargets, page, options, async ({ cursor, limit }) => {
        let query = targetSets()
          .orderBy('t.id')
          .limit(limit + 1);
        if (cursor) query = query.where('t.id', '>', cursor[0]);
        const rows = await this.#context.pg.query('market-data.correlations.listTargets', 'read', query);
        return toPage(rows.map(toTargets), limit, ({ targetsId }) => [targetsId]);
      }),
    );
  }

  getDrift(input: GetDrift, options?: CallOptions): Promise<CorrelationDrift[]> {
    return this.#context.run(operations.getDrift, input, options, async ({ targetsId, ...window }) => {
      const { symbols, pairs } = await this.#targets(targetsId);
      const aims = new Map(pairs.map(({ first, second, target }) => [`${first} ${second}`, target]));
      const names = symbols.toSorted();
      const drifts: CorrelationDrift[] = [];
      for (const [i, first] of names.entries()) {
        for (const second of names.slice(i + 1)) {
          const target = aims.get(`${first} ${second}`) ?? 0;
          const realised = await this.#get({ ...window, first, second });
          const { correlation } = realised;
          drifts.push({ ...realised, target, ...(correlation !== undefined && { drift: correlation - target }) });
        }
      }
      return drifts;
    });
  }

  async #get(given: z.output<typeof getCorrelation>): Promise<Correlation> {
    const rows = await this.#context.pg.many(statements.partials, { ...given, ...inOrder(given) });
    const sums = rows.map(toSums).reduce(mergeSums, noSums);
    return { ...given, ...correlationOf(sums), count: sums.n, days: rows.length };
  }

  async #targets(targetsId: string): Promise<CorrelationTargets> {
    const row = await this.#context.pg.maybe(statements.findTargets, { id: targetsId });
    if (!row) throw refusal('unknown-targets', { targetsId });
    return toTargets(row);
  }
}

const inOrder = ({ first, second }: { first: string; second: string }) =>
  first < second ? { first, second } : { first: second, second: first };

function accept(
  { outcome, changed: days }: { outcome: Outcome; changed: number | null },
  details: Record<string, string>,
): { changed: number } {
  if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, details);
  return { changed: days ?? 0 };
}

const toSums = (row: NonNullable<(typeof statements.partials)['row']>): PartialSums => ({
  n: row.n,
  meanFirst: row.mean_first,
  meanSecond: row.mean_second,
  squaresFirst: row.squares_first,
  squaresSecond: row.squares_second,
  products: row.products,
});

const toTargets = (row: NonNullable<(typeof statements.findTargets)['row']>): CorrelationTargets => ({
  targetsId: row.id,
  symbols: row.symbols,
  pairs: row.pairs,
  ...(row.scenario_id !== null && { scenarioId: row.scenario_id }),
  ...(row.scenario_version !== null && { scenarioVersion: row.scenario_version }),
  definedAt: row.defined_at,
});
