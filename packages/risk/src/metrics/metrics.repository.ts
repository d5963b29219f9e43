import {
  type AdapterContext,
  type CallOptions,
  type Decimal,
  type Instant,
  InvalidInputError,
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
import type { CopyStore } from '../copies/copies.store.ts';
import { scopeKey, scopeOfKey } from '../limits/scopes.ts';
import type { Tables } from '../schema.ts';
import {
  type BacktestVar,
  type CalculateMetrics,
  type DefineStress,
  type ListMetrics,
  type Metrics,
  type OfScope,
  type RecordOutcome,
  type RiskCalculations,
  type RiskMetricsOptions,
  type RiskPosition,
  type RiskSummary,
  type RunStress,
  type RunVar,
  type StoredRiskMetrics,
  type StressResult,
  type StressScenario,
  type VarRun,
  backtestVar,
  calculateMetrics,
  defineStress,
  listMetrics,
  ofScope,
  recordOutcome,
  riskMetricsOptions,
  riskPositions,
  runStress,
  runVar,
} from './metrics.ts';
import { loadPrices } from './price-inputs.ts';
import { type Holding, type Parameters, alignReturns, summarize, valuePositions } from './risk-summary.ts';
import { type VarBacktest, backtest } from './var-backtest.ts';
import {
  FEWEST_OBSERVATIONS,
  componentVar,
  historicalVar,
  parametricVar,
  portfolioOutcomes,
  scaled,
  simulatedOutcomes,
} from './value-at-risk.ts';

const db = queryBuilder<Tables>();

const metricsColumns = ['id', 'scope', 'summary', 'input_hash', 'request_hash', 'calculated_at'] as const;
const runColumns = [
  'id',
  'scope',
  'method',
  'confidence',
  'horizon',
  'period_ms',
  'observations',
  'seed',
  'input_hash',
  'value_at_risk',
  'expected_shortfall',
  'reason',
  'outcomes',
  'components',
  'missing',
  'request_hash',
  'ran_at',
] as const;
const scenarioColumns = [
  'id',
  'name',
  'shocks',
  'price_scenario_id',
  'price_scenario_version',
  'request_hash',
] as const;
const stressColumns = [
  'id',
  'scenario_id',
  'scope',
  'profit',
  'by_symbol',
  'missing',
  'request_hash',
  'ran_at',
] as const;

const statements = {
  held: functionCall(
    'risk.metrics.held',
    'read',
    'held_of',
    ['scope', 'symbol'],
    answers<{ symbol: string; quantity: Decimal }>(),
  ),
  equity: statement('risk.metrics.equity', 'read', (p: { scope: string }) =>
    db.selectFrom('valuations').select(['equity', 'unpriced']).where('scope', '=', p.scope),
  ),
  store: statement(
    'risk.metrics.calculate',
    'write',
    (p: { id: string; scope: string; summary: string; inputHash: string; requestHash: string; at: Instant }) =>
      db
        .insertInto('risk_metrics')
        .values({
          id: p.id,
          scope: p.scope,
          summary: p.summary,
          input_hash: p.inputHash,
          request_hash: p.requestHash,
          calculated_at: p.at,
        })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  find: statement('risk.metrics.find', 'read', (p: { id: string }) =>
    db.selectFrom('risk_metrics').select(metricsColumns).where('id', '=', p.id),
  ),
  latest: statement('risk.metrics.findLatest', 'read', (p: { scope: string }) =>
    db
      .selectFrom('risk_metrics')
      .select(metricsColumns)
      .where('scope', '=', p.scope)
      .orderBy('calculated_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1),
  ),
  findRun: statement('risk.metrics.getVarRun', 'read', (p: { id: string }) =>
    db.selectFrom('var_runs').select(runColumns).where('id', '=', p.id),
  ),
  storeRun: statement(
    'risk.metrics.runVar',
    'write',
    (p: {
      id: string;
      scope: string;
      method: VarRun['method'];
      confidence: number;
      horizon: number;
      periodMs: number;
      observations: number;
      seed: number | null;
      inputHash: string;
      valueAtRisk: number | null;
      expectedShortfall: number | null;
      reason: string | null;
      outcomes: string;
      components: string;
      missing: string;
      requestHash: string;
      at: Instant;
    }) =>
      db
        .insertInto('var_runs')
        .values({
          id: p.id,
          scope: p.scope,
          method: p.method,
          confidence: p.confidence,
          horizon: p.horizon,
          period_ms: p.periodMs,
          observations: p.observations,
          seed: p.seed,
          input_hash: p.inputHash,
          value_at_risk: p.valueAtRisk,
          expected_shortfall: p.expectedShortfall,
          reason: p.reason,
          outcomes: sql<number[]>`${p.outcomes}::double precision[]`,
          components: p.components,
          missing: sql<string[]>`${p.missing}::text[]`,
          request_hash: p.requestHash,
          ran_at: p.at,
        })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  recordOutcome: statement(
    'risk.metrics.recordOutcome',
    'write',
    (p: { scope: string; day: string; confidence: number; valueAtRisk: number; actual: number; requestHash: string }) =>
      db
        .insertInto('var_outcomes')
        .values({
          scope: p.scope,
          day: p.day,
          confidence: p.confidence,
          value_at_risk: p.valueAtRisk,
          actual: p.actual,
          request_hash: p.requestHash,
        })
        .onConflict((c) => c.columns(['scope', 'confidence', 'day']).doNothing()),
  ),
  findOutcome: statement('risk.metrics.findOutcome', 'read', (p: { scope: string; confidence: number; day: string }) =>
    db
      .selectFrom('var_outcomes')
      .select(['exception', 'request_hash'])
      .where('scope', '=', p.scope)
      .where('confidence', '=', p.confidence)
      .where('day', '=', p.day),
  ),
  countOutcomes: statement(
    'risk.metrics.backtestVar',
    'read',
    (p: { scope: string; confidence: number; from: string | null; until: string | null }) =>
      db
        .selectFrom('var_outcomes')
        .select([sql<number>`count(*)`.as('days'), sql<number>`count(*) filter (where exception)`.as('exceptions')])
        .where('scope', '=', p.scope)
        .where('confidence', '=', p.confidence)
        .where(
          sql<boolean>`day >= coalesce(${p.from}::date, '-infinity') and day < coalesce(${p.until}::date, 'infinity')`,
        ),
  ),
  defineStress: statement(
    'risk.metrics.defineStress',
    'write',
    (p: {
      id: string;
      name: string;
      shocks: string;
      scenarioId: string | null;
      scenarioVersion: number | null;
      requestHash: string;
      at: Instant;
    }) =>
      db
        .insertInto('stress_scenarios')
        .values({
          id: p.id,
          name: p.name,
          shocks: p.shocks,
          price_scenario_id: p.scenarioId,
          price_scenario_version: p.scenarioVersion,
          request_hash: p.requestHash,
          defined_at: p.at,
        })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  findStress: statement('risk.metrics.getStress', 'read', (p: { id: string }) =>
    db.selectFrom('stress_scenarios').select(scenarioColumns).where('id', '=', p.id),
  ),
  storeStress: statement(
    'risk.metrics.runStress',
    'write',
    (p: {
      id: string;
      scenarioId: string;
      scope: string;
      profit: number;
      bySymbol: string;
      missing: string;
      requestHash: string;
      at: Instant;
    }) =>
      db
        .insertInto('stress_results')
        .values({
          id: p.id,
          scenario_id: p.scenarioId,
          scope: p.scope,
          profit: p.profit,
          by_symbol: p.bySymbol,
          missing: sql<string[]>`${p.missing}::text[]`,
          request_hash: p.requestHash,
          ran_at: p.at,
        })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  findStressResult: statement('risk.metrics.getStressResult', 'read', (p: { id: string }) =>
    db.selectFrom('stress_results').select(stressColumns).where('id', '=', p.id),
  ),
};

const operations = {
  calculateRiskMetrics: operation('risk.calculateRiskMetrics', riskPositions),
  calculate: operation('risk.metrics.calculate', calculateMetrics, (input) => input.metricsId),
  find: operation('risk.metrics.find', z.strictObject({ metricsId: idInput })),
  get: operation('risk.metrics.get', z.strictObject({ metricsId: idInput })),
  findLatest: operation('risk.metrics.findLatest', ofScope),
  list: operation('risk.metrics.list', listMetrics),
  runVar: operation('risk.metrics.runVar', runVar, (input) => input.runId),
  getVarRun: operation('risk.metrics.getVarRun', z.strictObject({ runId: idInput })),
  recordOutcome: operation('risk.metrics.recordOutcome', recordOutcome),
  backtestVar: operation('risk.metrics.backtestVar', backtestVar),
  defineStress: operation('risk.metrics.defineStress', defineStress, (input) => input.scenarioId),
  getStress: operation('risk.metrics.getStress', z.strictObject({ scenarioId: idInput })),
  runStress: operation('risk.metrics.runStress', runStress, (input) => input.resultId),
  getStressResult: operation('risk.metrics.getStressResult', z.strictObject({ resultId: idInput })),
};

const parseOptions = z.compile(riskMetricsOptions);

export class MetricsRepository implements Metrics, RiskCalculations {
  readonly #context: AdapterContext;
  readonly #copies: CopyStore<StoredRiskMetrics>;
  readonly #maxPriceAgeMs: number;

  constructor(context: AdapterContext, copies: CopyStore<StoredRiskMetrics>, maxPriceAgeMs: number) {
    this.#context = context;
    this.#copies = copies;
    this.#maxPriceAgeMs = maxPriceAgeMs;
  }

  calculateRiskMetrics(
    positions: readonly RiskPosition[],
    options: CallOptions & RiskMetricsOptions = {},
  ): Promise<RiskSummary> {
    const { signal, deadlineMs, fresh, ...given } = options;
    const call = { signal, deadlineMs, fresh };
    return this.#context.run(operations.calculateRiskMetrics, positions, call, async (holdings) => {
      const { equity, maxPriceAge, period, ...rest } = optionsOf(given);
      const at = this.#context.clock.now();
      const parameters = { ...rest, periodMs: period };
      const prices = await loadPrices(this.#context, holdings, parameters, at, maxPriceAge);
      return summarize(holdings, prices, parameters, { at, equity });
    });
  }

  calculate(input: CalculateMetrics, options?: CallOptions): Promise<StoredRiskMetrics> {
    return this.#context.run(operations.calculate, input, options, async ({ metricsId, scope, period, ...rest }) => {
      const key = scopeKey(scope);
      const hash = requestHash(key, rest, period);
      const known = await this.#context.pg.maybe(statements.find, { id: metricsId });
      if (!known) {
        const at = this.#context.clock.now();
        const parameters = { ...rest, periodMs: period };
        const { holdings, prices, inputHash } = await this.#load(key, parameters, at);
        const equity = await this.#context.pg.maybe(statements.equity, { scope: key });
        const complete = equity && equity.unpriced.length === 0 && Number(equity.equity) > 0;
        const summary = summarize(holdings, prices, parameters, {
          at,
          equity: complete ? (equity.equity as Decimal) : undefined,
        });
        await this.#context.pg.run(statements.store, {
          id: metricsId,
          scope: key,
          summary: JSON.stringify(summary),
          inputHash,
          requestHash: hash,
          at,
        });
      }
      const row = known ?? (await this.#context.pg.one(statements.find, { id: metricsId }));
      if (row.request_hash !== hash) throw refusal('id-conflict', { metricsId });
      const stored = toMetrics(row);
      if (!known) this.#copies.refresh([copyOf(key, stored)]);
      return stored;
    });
  }

  find(metricsId: string, options?: CallOptions): Promise<StoredRiskMetrics | undefined> {
    return this.#context.run(operations.find, { metricsId }, options, (input) => this.#find(input.metricsId));
  }

  get(metricsId: string, options?: CallOptions): Promise<StoredRiskMetrics> {
    return this.#context.run(operations.get, { metricsId }, options, async (input) => {
      const found = await this.#find(input.metricsId);
      if (!found) throw refusal('unknown-metrics', input);
      return found;
    });
  }

  findLatest(input: OfScope, options?: CallOptions): Promise<StoredRiskMetrics | undefined> {
    return this.#context.run(operations.findLatest, input, options, async ({ scope }, { fresh }) => {
      const key = scopeKey(scope);
      const copy = fresh ? undefined : (await this.#copies.find(key))?.[0];
      if (copy) return copy;
      const row = await this.#context.pg.maybe(statements.latest, { scope: key });
      const found = row && toMetrics(row);
      if (found) void this.#copies.fill(key, [copyOf(key, found)]);
      return found;
    });
  }

  list(input: ListMetrics, options?: CallOptions): Listing<StoredRiskMetrics> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ scope, cursor, limit }) => {
        let query = db
          .selectFrom('risk_metrics')
          .select(metricsColumns)
          .where('scope', '=', scopeKey(scope))
          .orderBy('calculated_at', 'desc')
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (cursor) query = query.where(sql<boolean>`(calculated_at, id) < (${cursor[0]}::timestamptz, ${cursor[1]})`);
        const rows = await this.#context.pg.query('risk.metrics.list', 'read', query);
        return toPage(rows.map(toMetrics), limit, (each) => [each.calculatedAt, each.metricsId]);
      }),
    );
  }

  runVar(input: RunVar, options?: CallOptions): Promise<VarRun> {
    return this.#context.run(
      operations.runVar,
      input,
      options,
      async ({ runId, scope, method, seed, draws, period, ...rest }) => {
        const key = scopeKey(scope);
        const hash = requestHash(key, method, rest, period, seed, draws);
        const known = await this.#context.pg.maybe(statements.findRun, { id: runId });
        if (!known) {
          const at = this.#context.clock.now();
          const parameters = { ...rest, periodMs: period };
          const { holdings, prices, inputHash } = await this.#load(key, parameters, at);
          const { positions, missing } = valuePositions(holdings, prices, Date.parse(at));
          const aligned = alignReturns(positions, prices, missing);
          const observations = aligned.returns[0]?.length ?? 0;
          const enough = observations >= FEWEST_OBSERVATIONS && aligned.symbols.length > 0;
          const real = scaled(portfolioOutcomes(aligned.exposures, aligned.returns), rest.horizon);
          const outcomes =
            enough && method === 'monte-carlo'
              ? scaled(simulatedOutcomes(aligned.exposures, aligned.returns, { draws, seed }), rest.horizon)
              : real;
          const result = enough
            ? method === 'parametric'
              ? parametricVar(outcomes, rest.confidence)
              : historicalVar(outcomes, rest.confidence)
            : undefined;
          const parts = enough
            ? componentVar(
                aligned.exposures.map((exposure) => exposure * Math.sqrt(rest.horizon)),
                aligned.returns,
                rest.confidence,
              )
            : [];
          await this.#context.pg.run(statements.storeRun, {
            id: runId,
            scope: key,
            method,
            confidence: rest.confidence,
            horizon: rest.horizon,
            periodMs: period,
            observations,
            seed: method === 'monte-carlo' ? seed : null,
            inputHash: requestHash(inputHash, method, seed, draws),
            valueAtRisk: result?.valueAtRisk ?? null,
            expectedShortfall: result?.expectedShortfall ?? null,
            reason: result ? null : positions.length === 0 ? 'nothing-held' : 'too-few-observations',
            outcomes: arrayLiteral(outcomes),
            components: JSON.stringify(Object.fromEntries(aligned.symbols.map((symbol, i) => [symbol, parts[i] ?? 0]))),
            missing: arrayLiteral(missing.map(({ what, of }) => `${what} of ${of}`)),
            requestHash: hash,
            at,
          });
        }
        const row = known ?? (await this.#context.pg.one(statements.findRun, { id: runId }));
        if (row.request_hash !== hash) throw refusal('id-conflict', { runId });
        return toRun(row);
      },
    );
  }

  getVarRun(runId: string, options?: CallOptions): Promise<VarRun> {
    return this.#context.run(operations.getVarRun, { runId }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.findRun, { id: input.runId });
      if (!row) throw refusal('unknown-run', input);
      return toRun(row);
    });
  }

  recordOutcome(input: RecordOutcome, options?: CallOptions): Promise<boolean> {
    return this.#context.run(
      operations.recordOutcome,
      input,
      options,
      async ({ scope, day, confidence, valueAtRisk, actual }) => {
        const key = scopeKey(scope);
        const hash = requestHash(valueAtRisk, actual);
        await this.#context.pg.run(statements.recordOutcome, {
          scope: key,
          day,
          confidence,
          valueAtRisk,
          actual,
          requestHash: hash,
        });
        const row = await this.#context.pg.one(statements.findOutcome, { scope: key, confidence, day });
        if (row.request_hash !== hash) throw refusal('id-conflict', { scope: key, day });
        return row.exception;
      },
    );
  }

  backtestVar(input: BacktestVar, options?: CallOptions): Promise<VarBacktest | undefined> {
    return this.#context.run(operations.backtestVar, input, options, async ({ scope, confidence, from, until }) => {
      const { days, exceptions } = await this.#context.pg.one(statements.countOutcomes, {
        scope: scopeKey(scope),
        confidence,
        from: from ?? null,
        until: until ?? null,
      });
      return days === 0 ? undefined : backtest(days, exceptions, confidence);
    });
  }

  defineStress(input: DefineStress, options?: CallOptions): Promise<StressScenario> {
    return this.#context.run(operations.defineStress, input, options, async (scenario) => {
      const { scenarioId, name, shocks, priceScenarioId, priceScenarioVersion } = scenario;
      const hash = requestHash(name, shocks, priceScenarioId, priceScenarioVersion);
      await this.#context.pg.run(statements.defineStress, {
        id: scenarioId,
        name,
        shocks: JSON.stringify(shocks),
        scenarioId: priceScenarioId ?? null,
        scenarioVersion: priceScenarioVersion ?? null,
        requestHash: hash,
        at: this.#context.clock.now(),
      });
      const row = await this.#context.pg.one(statements.findStress, { id: scenarioId });
      if (row.request_hash !== hash) throw refusal('id-conflict', { scenarioId });
      return toScenario(row);
    });
  }

  getStress(scenarioId: string, options?: CallOptions): Promise<StressScenario> {
    return this.#context.run(operations.getStress, { scenarioId }, options, (input) => this.#stress(input.scenarioId));
  }

  runStress(input: RunStress, options?: CallOptions): Promise<StressResult> {
    return this.#context.run(
      operations.runStress,
      input,
      options,
      async ({ resultId, scenarioId, scope, currency }) => {
        const key = scopeKey(scope);
        const hash = requestHash(scenarioId, key, currency);
        const known = await this.#context.pg.maybe(statements.findStressResult, { id: resultId });
        if (!known) {
          const { shocks } = await this.#stress(scenarioId);
          const at = this.#context.clock.now();
          const parameters = { currency, confidence: 0.95, horizon: 1, periodMs: 86_400_000, lookback: 0 };
          const { holdings, prices } = await this.#load(key, parameters, at);
          const { positions, missing } = valuePositions(holdings, prices, Date.parse(at));
          const bySymbol = Object.fromEntries(
            positions.map(({ symbol, value }) => [symbol, Number(value) * (shocks[symbol] ?? 0)]),
          );
          const unshocked = positions.flatMap(({ symbol }) =>
            shocks[symbol] === undefined ? [`shock of ${symbol}`] : [],
          );
          await this.#context.pg.run(statements.storeStress, {
            id: resultId,
            scenarioId,
            scope: key,
            profit: Object.values(bySymbol).reduce((sum, part) => sum + part, 0),
            bySymbol: JSON.stringify(bySymbol),
            missing: arrayLiteral([...missing.map(({ what, of }) => `${what} of ${of}`), ...unshocked]),
            requestHash: hash,
            at,
          });
        }
        const row = known ?? (await this.#context.pg.one(statements.findStressResult, { id: resultId }));
        if (row.request_hash !== hash) throw refusal('id-conflict', { resultId });
        return toStressResult(row);
      },
    );
  }

  getStressResult(resultId: string, options?: CallOptions): Promise<StressResult> {
    return this.#context.run(operations.getStressResult, { resultId }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.findStressResult, { id: input.resultId });
      if (!row) throw refusal('unknown-result', input);
      return toStressResult(row);
    });
  }

  /** What a scope has, with the prices and history of it. The hash is of all that a result can depend on. */
  async #load(key: string, parameters: Parameters, at: Instant) {
    const { symbol, ...named } = scopeOfKey(key);
    const holdings: Holding[] = await this.#context.pg.many(statements.held, {
      scope: scopeKey(named),
      symbol,
    });
    const prices = await loadPrices(this.#context, holdings, parameters, at, this.#maxPriceAgeMs);
    const inputHash = requestHash(
      parameters,
      holdings,
      [...prices.values()].map(({ symbol: of, price, rate, closes }) => [of, price, rate, closes]),
    );
    return { holdings, prices, inputHash };
  }

  async #find(id: string): Promise<StoredRiskMetrics | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toMetrics(row);
  }

  async #stress(scenarioId: string): Promise<StressScenario> {
    const row = await this.#context.pg.maybe(statements.findStress, { id: scenarioId });
    if (!row) throw refusal('unknown-scenario', { scenarioId });
    return toScenario(row);
  }
}

function optionsOf(given: RiskMetricsOptions) {
  const parsed = parseOptions.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    parsed.error.issues.map(({ path, message }) => ({ path: ['options', ...path].join('.'), message })),
  );
}

/** By the host's time: several may be of one moment of business time. */
const copyOf = (id: string, value: StoredRiskMetrics) => ({ id, field: 'latest', version: Date.now(), value });

const toMetrics = (row: NonNullable<(typeof statements.find)['row']>): StoredRiskMetrics => ({
  metricsId: row.id,
  scope: scopeOfKey(row.scope),
  summary: row.summary as RiskSummary,
  inputHash: row.input_hash,
  calculatedAt: row.calculated_at,
});

const toRun = (row: NonNullable<(typeof statements.findRun)['row']>): VarRun => ({
  runId: row.id,
  scope: scopeOfKey(row.scope),
  method: row.method,
  confidence: row.confidence,
  horizon: row.horizon,
  periodMs: row.period_ms,
  observations: row.observations,
  ...(row.seed !== null && { seed: row.seed }),
  inputHash: row.input_hash,
  ...(row.value_at_risk !== null && { valueAtRisk: row.value_at_risk, expectedShortfall: row.expected_shortfall! }),
  ...(row.reason !== null && { reason: row.reason }),
  outcomes: row.outcomes,
  components: row.components as Record<string, number>,
  missing: row.missing,
  ranAt: row.ran_at,
});

const toScenario = (row: NonNullable<(typeof statements.findStress)['row']>): StressScenario => ({
  scenarioId: row.id,
  name: row.name,
  shocks: row.shocks as Record<string, number>,
  ...(row.price_scenario_id !== null && { priceScenarioId: row.price_scenario_id }),
  ...(row.price_scenario_version !== null && { priceScenarioVersion: row.price_scenario_version }),
});

const toStressResult = (row: NonNullable<(typeof statements.findStressResult)['row']>): StressResult => ({
  resultId: row.id,
  scenarioId: row.scenario_id,
  scope: scopeOfKey(row.scope),
  profit: row.profit,
  bySymbol: row.by_symbol as Record<string, number>,
  missing: row.missing,
  ranAt: row.ran_at,
});
