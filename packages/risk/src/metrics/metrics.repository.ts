import {
  type AdapterContext,
  type CallOptions,
  type CopyStore,
  type Decimal,
  type Instant,
  InvalidInputError,
  type Listing,
  arrayLiteral,
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
import { scopeKey, scopeOfKey } from '../limits/scopes.ts';
import type { Tables } from '../schema.ts';
import { toMetrics, toRun, toScenario, toStressResult } from './metric-rows.ts';
import { metricsColumns, statements } from './metric-statements.ts';
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
import { type Holding, type Parameters, summarize } from './risk-summary.ts';
import { applyShocks } from './stress-run.ts';
import { stressStatements } from './stress-statements.ts';
import { type VarBacktest, backtest } from './var-backtest.ts';
import { measureVar } from './var-run.ts';

const db = queryBuilder<Tables>();

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
          const measured = measureVar(holdings, prices, { ...parameters, method, seed, draws }, at);
          await this.#context.pg.run(statements.storeRun, {
            id: runId,
            scope: key,
            method,
            confidence: rest.confidence,
            horizon: rest.horizon,
            periodMs: period,
            ...measured,
            seed: method === 'monte-carlo' ? seed : null,
            inputHash: requestHash(inputHash, method, seed, draws),
            outcomes: arrayLiteral(measured.outcomes),
            components: JSON.stringify(measured.components),
            missing: arrayLiteral(measured.missing),
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
      await this.#context.pg.run(stressStatements.defineStress, {
        id: scenarioId,
        name,
        shocks: JSON.stringify(shocks),
        scenarioId: priceScenarioId ?? null,
        scenarioVersion: priceScenarioVersion ?? null,
        requestHash: hash,
        at: this.#context.clock.now(),
      });
      const row = await this.#context.pg.one(stressStatements.findStress, { id: scenarioId });
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
        const known = await this.#context.pg.maybe(stressStatements.findStressResult, { id: resultId });
        if (!known) {
          const { shocks } = await this.#stress(scenarioId);
          const at = this.#context.clock.now();
          const parameters = { currency, confidence: 0.95, horizon: 1, periodMs: 86_400_000, lookback: 0 };
          const { holdings, prices } = await this.#load(key, parameters, at);
          const shocked = applyShocks(holdings, prices, shocks, at);
          await this.#context.pg.run(stressStatements.storeStress, {
            id: resultId,
            scenarioId,
            scope: key,
            profit: shocked.profit,
            bySymbol: JSON.stringify(shocked.bySymbol),
            missing: arrayLiteral(shocked.missing),
            requestHash: hash,
            at,
          });
        }
        const row = known ?? (await this.#context.pg.one(stressStatements.findStressResult, { id: resultId }));
        if (row.request_hash !== hash) throw refusal('id-conflict', { resultId });
        return toStressResult(row);
      },
    );
  }

  getStressResult(resultId: string, options?: CallOptions): Promise<StressResult> {
    return this.#context.run(operations.getStressResult, { resultId }, options, async (input) => {
      const row = await this.#context.pg.maybe(stressStatements.findStressResult, { id: input.resultId });
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
    const row = await this.#context.pg.maybe(stressStatements.findStress, { id: scenarioId });
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
