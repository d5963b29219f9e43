import {
  type AdapterContext,
  type CallOptions,
  ConflictError,
  type Listing,
  contextLiteral,
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
import { contentHash } from '../content-hash.ts';
import { columnsOf, metricsLiteral, toMetric, withConventions } from '../performance/metric-rows.ts';
import { computeMetrics } from '../performance/metrics.ts';
import type { Metric } from '../performance/performance.ts';
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import type { BacktestStatus } from './backtest-states.ts';
import { equityOf, fillsOf, ordersOf, tradesOf } from './backtest-rows.ts';
import { type BacktestRow, backtestColumns, statements } from './backtest-statements.ts';
import {
  type AdvanceBacktest,
  type AppendBacktest,
  type Backtest,
  type BacktestEquity,
  type BacktestFill,
  type BacktestOrder,
  type BacktestProgress,
  type BacktestTrade,
  type Backtests,
  type CompleteBacktest,
  type FailBacktest,
  type ListBacktestRows,
  type ListBacktests,
  type StartBacktest,
  type StartedBacktest,
  advanceBacktest,
  appendBacktest,
  completeBacktest,
  failBacktest,
  listBacktestRows,
  listBacktests,
  startBacktest,
} from './backtests.ts';
import type { ProgressStore } from './progress.store.ts';

const db = queryBuilder<Tables>();

const one = z.strictObject({ backtestId: idInput });
const idOf = (input: { backtestId?: string | undefined }) => input.backtestId;
const operations = {
  start: operation('trading.backtests.start', startBacktest, idOf),
  append: operation('trading.backtests.append', appendBacktest, idOf),
  complete: operation('trading.backtests.complete', completeBacktest, idOf),
  fail: operation('trading.backtests.fail', failBacktest, idOf),
  interrupt: operation('trading.backtests.interrupt', one, idOf),
  find: operation('trading.backtests.find', one),
  get: operation('trading.backtests.get', one),
  list: operation('trading.backtests.list', listBacktests),
  listOrders: operation('trading.backtests.listOrders', listBacktestRows),
  listFills: operation('trading.backtests.listFills', listBacktestRows),
  listTrades: operation('trading.backtests.listTrades', listBacktestRows),
  listEquity: operation('trading.backtests.listEquity', listBacktestRows),
  prune: operation('trading.backtests.prune', one, idOf),
  advance: operation('trading.backtests.advance', advanceBacktest, idOf),
  findProgress: operation('trading.backtests.findProgress', one),
};

const DAY_MS = 86_400_000;

export class BacktestRepository implements Backtests {
  readonly #context: AdapterContext;
  readonly #progress: ProgressStore;

  constructor(context: AdapterContext, progress: ProgressStore) {
    this.#context = context;
    this.#progress = progress;
  }

  start(input: StartBacktest, options?: CallOptions): Promise<StartedBacktest> {
    return this.#context.run(operations.start, input, options, async ({ backtestId, ...run }) => {
      const { codeIsDirty, lockfileHash, host, ...identity } = run;
      const { outcome, backtest_id, data_changed } = await this.#context.pg.one(statements.start, {
        ...identity,
        id: backtestId ?? this.#context.ids.next(),
        identityHash: contentHash(identity),
        costModel: JSON.stringify(run.costModel),
        codeIsDirty,
        lockfileHash,
        host,
        requestHash: requestHash(contentHash(identity), codeIsDirty, lockfileHash, host),
        at: this.#context.clock.now(),
      });
      if (outcome !== 'ok' && outcome !== 'same' && outcome !== 'reused')
        throw refusal(outcome, { ...(backtestId !== undefined && { backtestId }), strategyId: run.strategyId });
      return { backtest: await this.#load(backtest_id), isReused: outcome === 'reused', dataChanged: data_changed };
    });
  }

  append(input: AppendBacktest, options?: CallOptions): Promise<void> {
    return this.#context.run(
      operations.append,
      input,
      options,
      async ({ backtestId, orders, fills, trades, equity }) => {
        const { outcome } = await this.#context.pg.one(statements.append, {
          id: backtestId,
          orders: rowsLiteral(orders),
          fills: rowsLiteral(fills),
          trades: rowsLiteral(trades),
          equity: rowsLiteral(equity),
        });
        if (outcome !== 'ok') throw refusal(outcome, { backtestId });
      },
    );
  }

  complete(input: CompleteBacktest, options?: CallOptions): Promise<{ backtest: Backtest; metrics: Metric[] }> {
    return this.#context.run(operations.complete, input, options, async (given) => {
      const { backtestId, periodsPerYear, riskFree, benchmark } = given;
      const { pg } = this.#context;
      const before = await this.#load(backtestId);
      if (before.status === 'running') {
        const [trades, points] = await Promise.all([
          pg.many(statements.measured, { id: backtestId }),
          pg.many(statements.equity, { id: backtestId }),
        ]);
        const [from, to] = [instant.millis(before.from), instant.millis(before.to)];
        const days = Math.floor(to / DAY_MS) - Math.floor(from / DAY_MS) + 1;
        if (benchmark !== undefined && benchmark.length !== days)
          throw refusal('wrong-benchmark', { backtestId, expected: days }, { 'wrong-benchmark': 'benchmark' });
        const computed = computeMetrics(
          {
            startingEquity: Number(before.startingEquity),
            from,
            to,
            trades: columnsOf(trades),
            ...(points.length > 0 && {
              equity: {
                at: Float64Array.from(points, ({ at }) => at),
                equity: Float64Array.from(points, ({ equity }) => equity),
              },
            }),
            ...(benchmark !== undefined && { benchmark: Float64Array.from(benchmark) }),
          },
          { periodsPerYear, riskFree },
        );
        const metrics = metricsLiteral(withConventions(computed, { periodsPerYear, riskFree }));
        await this.#end(backtestId, 'completed', { version: before.version, metrics });
      } else if (before.status !== 'completed') throw refusal('illegal-transition', { backtestId });
      const rows = await pg.many(statements.metrics, { id: backtestId });
      return { backtest: await this.#load(backtestId), metrics: rows.map(toMetric) };
    });
  }

  fail(input: FailBacktest, options?: CallOptions): Promise<Backtest> {
    return this.#context.run(operations.fail, input, options, ({ backtestId, error }) =>
      this.#end(backtestId, 'failed', { error }),
    );
  }

  interrupt(backtestId: string, options?: CallOptions): Promise<Backtest> {
    return this.#context.run(operations.interrupt, { backtestId }, options, (input) =>
      this.#end(input.backtestId, 'interrupted', {}),
    );
  }

  find(backtestId: string, options?: CallOptions): Promise<Backtest | undefined> {
    return this.#context.run(operations.find, { backtestId }, options, (input) => this.#find(input.backtestId));
  }

  get(backtestId: string, options?: CallOptions): Promise<Backtest> {
    return this.#context.run(operations.get, { backtestId }, options, (input) => this.#load(input.backtestId));
  }

  list(input: ListBacktests = {}, options?: CallOptions): Listing<Backtest> {
    return listing(input, (page) =>
      this.#context.run(
        operations.list,
        page,
        options,
        async ({ strategyId, strategyVersion, status, cursor, limit }) => {
          let query = db
            .selectFrom('backtests')
            .select(backtestColumns)
            .orderBy('started_at')
            .orderBy('id')
            .limit(limit + 1);
          if (strategyId !== undefined) query = query.where('strategy_id', '=', strategyId);
          if (strategyVersion !== undefined) query = query.where('strategy_version', '=', strategyVersion);
          if (status !== undefined) query = query.where('status', '=', status);
          if (cursor) query = query.where(sql<boolean>`(started_at, id) > (${cursor[0]}::timestamptz, ${cursor[1]})`);
          const rows = await this.#context.pg.query('trading.backtests.list', 'replica', query);
          return toPage(rows.map(toBacktest), limit, ({ startedAt, id }) => [startedAt, id]);
        },
      ),
    );
  }

  listOrders(input: ListBacktestRows, options?: CallOptions): Listing<BacktestOrder> {
    return listing(input, (page) =>
      this.#context.run(operations.listOrders, page, options, async (range) => {
        const rows = await this.#context.pg.query('trading.backtests.listOrders', 'replica', ordersOf(range));
        return toPage(
          rows.map((row): BacktestOrder => present(row)),
          range.limit,
          byNumber,
        );
      }),
    );
  }

  listFills(input: ListBacktestRows, options?: CallOptions): Listing<BacktestFill> {
    return listing(input, (page) =>
      this.#context.run(operations.listFills, page, options, async (range) => {
        const rows = await this.#context.pg.query('trading.backtests.listFills', 'replica', fillsOf(range));
        return toPage(
          rows.map((row): BacktestFill => present(row)),
          range.limit,
          byNumber,
        );
      }),
    );
  }

  listTrades(input: ListBacktestRows, options?: CallOptions): Listing<BacktestTrade> {
    return listing(input, (page) =>
      this.#context.run(operations.listTrades, page, options, async (range) => {
        const rows = await this.#context.pg.query('trading.backtests.listTrades', 'replica', tradesOf(range));
        return toPage(
          rows.map((row): BacktestTrade => present(row)),
          range.limit,
          byNumber,
        );
      }),
    );
  }

  listEquity(input: ListBacktestRows, options?: CallOptions): Listing<BacktestEquity> {
    return listing(input, (page) =>
      this.#context.run(operations.listEquity, page, options, async (range) => {
        const rows = await this.#context.pg.query('trading.backtests.listEquity', 'replica', equityOf(range));
        return toPage(
          rows.map((row): BacktestEquity => present(row)),
          range.limit,
          byNumber,
        );
      }),
    );
  }

  prune(backtestId: string, options?: CallOptions): Promise<Backtest> {
    return this.#context.run(operations.prune, { backtestId }, options, async (input) => {
      const { outcome } = await this.#context.pg.one(statements.prune, { id: input.backtestId });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, input);
      return this.#load(input.backtestId);
    });
  }

  advance(input: AdvanceBacktest, options?: CallOptions): Promise<void> {
    return this.#context.run(operations.advance, input, options, ({ backtestId, done, total }) =>
      this.#progress.advance(backtestId, { done, total, at: this.#context.clock.now() }),
    );
  }

  findProgress(backtestId: string, options?: CallOptions): Promise<BacktestProgress | undefined> {
    return this.#context.run(operations.findProgress, { backtestId }, options, (input) =>
      this.#progress.find(input.backtestId),
    );
  }

  async #end(
    backtestId: string,
    status: BacktestStatus,
    { version, error, metrics }: { version?: number; error?: string; metrics?: string },
  ): Promise<Backtest> {
    const { clock, ids, pg } = this.#context;
    const { outcome, other_id } = await pg.one(statements.end, {
      id: backtestId,
      version,
      status,
      error,
      metrics,
      at: clock.now(),
      eventId: ids.next(),
      context: contextLiteral(),
    });
    if (outcome === 'identity-completed')
      throw new ConflictError(outcome, 'a run of the same identity was completed meanwhile', {
        backtestId,
        otherId: other_id!,
      });
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { backtestId });
    return this.#load(backtestId);
  }

  async #find(id: string): Promise<Backtest | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toBacktest(row);
  }

  async #load(backtestId: string): Promise<Backtest> {
    const backtest = await this.#find(backtestId);
    if (!backtest) throw refusal('unknown-backtest', { backtestId });
    return backtest;
  }
}

const byNumber = ({ n }: { n: number }) => [n];

/** Rows as the function takes them: by the names of its columns. */
const columnNames: Record<string, string> = {
  quantity: 'qty',
  filledQuantity: 'filled_qty',
  averagePrice: 'average_price',
  placedAt: 'placed_at',
  orderN: 'order_n',
  filledAt: 'filled_at',
  openPrice: 'open_price',
  closePrice: 'close_price',
  exitReason: 'exit_reason',
  openedAt: 'opened_at',
  closedAt: 'closed_at',
};
const rowsLiteral = (rows: readonly object[] = []): string =>
  JSON.stringify(
    rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([key, value]) => [columnNames[key] ?? key, value as unknown])),
    ),
  );

const toBacktest = (row: BacktestRow): Backtest =>
  present({
    id: row.id,
    identityHash: row.identity_hash,
    strategyId: row.strategy_id,
    strategyVersion: row.strategy_version,
    engineVersion: row.engine_version,
    dataSnapshot: row.data_snapshot,
    dataSha256: row.data_sha256,
    from: row.from_at,
    to: row.to_at,
    seed: row.seed,
    costModel: row.cost_model as Record<string, unknown>,
    currency: row.currency,
    startingEquity: row.starting_equity,
    codeIsDirty: row.code_is_dirty,
    lockfileHash: row.lockfile_hash,
    host: row.host,
    status: row.status,
    error: row.error,
    orders: row.orders,
    fills: row.fills,
    trades: row.trades,
    equityPoints: row.equity_points,
    isPruned: row.is_pruned,
    version: row.version,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  });
