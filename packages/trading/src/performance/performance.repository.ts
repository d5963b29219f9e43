import {
  type AdapterContext,
  type CallOptions,
  ConflictError,
  type Instant,
  type Listing,
  idInput,
  instant,
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
import { attribute } from './attribution.ts';
import { type BreakdownRow, breakdownQuery, toGroup } from './breakdown-query.ts';
import {
  type MeasuredTrade,
  type MetricContent,
  columnsOf,
  metricColumns,
  metricsLiteral,
  toMetric,
  withConventions,
} from './metric-rows.ts';
import { computeMetrics } from './metrics.ts';
import {
  type AttributePerformance,
  type Attribution,
  type BreakDown,
  type BreakdownGroup,
  type EvaluateDeployment,
  type LatestMetrics,
  type ListMetricHistory,
  type Metric,
  type MetricOwner,
  type Performance,
  type RankMetrics,
  type RankedOwner,
  type RecordMetrics,
  attributePerformance,
  breakDown,
  evaluateDeployment,
  latestMetrics,
  listMetricHistory,
  rankMetrics,
  recordMetrics,
} from './performance.ts';
import { statements } from './performance-statements.ts';

const db = queryBuilder<Tables>();

const operations = {
  record: operation('trading.performance.record', recordMetrics, (input) => input.owner.id),
  evaluate: operation('trading.performance.evaluate', evaluateDeployment, (input) => input.deploymentId),
  latest: operation('trading.performance.latest', latestMetrics),
  history: operation('trading.performance.history', listMetricHistory),
  rank: operation('trading.performance.rank', rankMetrics),
  breakDown: operation('trading.performance.breakDown', breakDown),
  attribute: operation('trading.performance.attribute', attributePerformance, (input) => input.attributionId),
  getAttribution: operation('trading.performance.getAttribution', z.strictObject({ attributionId: idInput })),
};

export class PerformanceRepository implements Performance {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  record(input: RecordMetrics, options?: CallOptions): Promise<Metric[]> {
    return this.#context.run(operations.record, input, options, ({ owner, step, at, metrics }) =>
      this.#record(owner, step, at ?? this.#context.clock.now(), metrics as MetricContent[]),
    );
  }

  evaluate(input: EvaluateDeployment, options?: CallOptions): Promise<Metric[]> {
    return this.#context.run(operations.evaluate, input, options, async (given) => {
      const { deploymentId, periodsPerYear, riskFree, benchmark } = given;
      const { pg, clock } = this.#context;
      const deployment = await pg.maybe(statements.deployment, { id: deploymentId });
      if (!deployment) throw refusal('unknown-deployment', { deploymentId });
      const from = given.from ?? deployment.created_at;
      const to = given.to ?? clock.now();
      const [rows, points] = await Promise.all([
        pg.many(statements.measured, { deploymentId, from, to }),
        pg.many(statements.equity, { deploymentId, to }),
      ]);
      const unpriced = rows.find(({ pnl }) => pnl === null);
      if (unpriced)
        throw new ConflictError('not-valued', 'a price is missing', { deploymentId, symbol: unpriced.symbol });
      const days = dayOf(to) - dayOf(from) + 1;
      if (benchmark !== undefined && benchmark.length !== days)
        throw refusal('wrong-benchmark', { deploymentId, expected: days }, { 'wrong-benchmark': 'benchmark' });
      const start = instant.millis(from);
      const trades = rows.filter(({ isBefore }) => !isBefore) as MeasuredTrade[];
      const earned = rows.reduce((sum, { pnl, isBefore }) => (isBefore ? sum + pnl! : sum), deployment.starting_equity);
      const curve = points.filter(({ at }) => at >= start);
      const startingEquity = points.findLast(({ at }) => at < start)?.equity ?? earned;
      const computed = computeMetrics(
        {
          startingEquity,
          from: start,
          to: instant.millis(to),
          trades: columnsOf(trades),
          ...(curve.length > 0 && {
            equity: {
              at: Float64Array.from(curve, ({ at }) => at),
              equity: Float64Array.from(curve, ({ equity }) => equity),
            },
          }),
          ...(benchmark !== undefined && { benchmark: Float64Array.from(benchmark) }),
        },
        { periodsPerYear, riskFree },
      );
      const step = given.step ?? Number(instant.micros(to));
      const metrics = withConventions(computed, { periodsPerYear, riskFree });
      return this.#record({ kind: 'deployment', id: deploymentId }, step, to, metrics);
    });
  }

  latest(input: LatestMetrics, options?: CallOptions): Promise<Metric[]> {
    return this.#context.run(operations.latest, input, options, async ({ owner }) =>
      (await this.#context.pg.many(statements.latest, { ownerKind: owner.kind, ownerId: owner.id })).map(toMetric),
    );
  }

  history(input: ListMetricHistory, options?: CallOptions): Listing<Metric> {
    return listing(input, (page) =>
      this.#context.run(operations.history, page, options, async ({ owner, name, cursor, limit }) => {
        let query = db
          .selectFrom('metric_points')
          .select(metricColumns)
          .where('owner_kind', '=', owner.kind)
          .where('owner_id', '=', owner.id)
          .where('name', '=', name)
          .orderBy('step')
          .limit(limit + 1);
        if (cursor) query = query.where('step', '>', cursor[0]);
        const rows = await this.#context.pg.query('trading.performance.history', 'replica', query);
        return toPage(rows.map(toMetric), limit, ({ step }) => [step]);
      }),
    );
  }

  rank(input: RankMetrics, options?: CallOptions): Listing<RankedOwner> {
    return listing(input, (page) =>
      this.#context.run(operations.rank, page, options, async ({ kind, name, sort, cursor, limit }) => {
        const order = sort === 'highest' ? 'desc' : 'asc';
        let query = db
          .selectFrom('metric_latest')
          .select(['owner_id', 'step', 'value'])
          .where('owner_kind', '=', kind)
          .where('name', '=', name)
          .where('value', 'is not', null)
          .orderBy('value', order)
          .orderBy('owner_id', order)
          .limit(limit + 1);
        if (cursor)
          query = query.where(
            sql<boolean>`(value, owner_id) ${sql.raw(sort === 'highest' ? '<' : '>')} (${cursor[0]}::float8, ${cursor[1]})`,
          );
        const rows = await this.#context.pg.query('trading.performance.rank', 'replica', query);
        const ranked = rows.map((row): RankedOwner => ({
          owner: { kind, id: row.owner_id },
          step: row.step,
          value: row.value!,
        }));
        return toPage(ranked, limit, ({ value, owner: { id } }) => [value, id]);
      }),
    );
  }

  breakDown(input: BreakDown, options?: CallOptions): Promise<BreakdownGroup[]> {
    return this.#context.run(operations.breakDown, input, options, async (given) => {
      const rows = await this.#context.pg.query<BreakdownRow>(
        'trading.performance.breakDown',
        'replica',
        breakdownQuery(given),
      );
      return rows.map(toGroup);
    });
  }

  attribute(input: AttributePerformance, options?: CallOptions): Promise<Attribution> {
    return this.#context.run(operations.attribute, input, options, async (given) => {
      const { attributionId, owner, dimension, periods } = given;
      const { portfolioReturn, benchmarkReturn, effects } = attribute(periods);
      const { outcome } = await this.#context.pg.one(statements.attribute, {
        id: attributionId,
        ownerKind: owner.kind,
        ownerId: owner.id,
        dimension,
        linking: periods.length > 1 ? 'carino' : 'none',
        portfolioReturn,
        benchmarkReturn,
        effects: JSON.stringify(effects),
        requestHash: requestHash(owner, dimension, periods),
        at: this.#context.clock.now(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { attributionId });
      return this.#attribution(attributionId);
    });
  }

  getAttribution(attributionId: string, options?: CallOptions): Promise<Attribution> {
    return this.#context.run(operations.getAttribution, { attributionId }, options, (input) =>
      this.#attribution(input.attributionId),
    );
  }

  async #record(owner: MetricOwner, step: number, at: Instant, metrics: readonly MetricContent[]): Promise<Metric[]> {
    const of = { ownerKind: owner.kind, ownerId: owner.id, step };
    const { outcome } = await this.#context.pg.one(statements.record, { ...of, at, metrics: metricsLiteral(metrics) });
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, of);
    return (await this.#context.pg.many(statements.ofStep, of)).map(toMetric);
  }

  async #attribution(attributionId: string): Promise<Attribution> {
    const row = await this.#context.pg.maybe(statements.attribution, { id: attributionId });
    if (!row) throw refusal('unknown-attribution', { attributionId });
    return {
      attributionId: row.id,
      owner: { kind: row.owner_kind, id: row.owner_id },
      dimension: row.dimension,
      linking: row.linking,
      portfolioReturn: row.portfolio_return,
      benchmarkReturn: row.benchmark_return,
      activeReturn: row.active_return,
      effects: row.effects,
      attributedAt: row.attributed_at,
    };
  }
}

const DAY_MS = 86_400_000;
const dayOf = (at: Instant) => Math.floor(instant.millis(at) / DAY_MS);
