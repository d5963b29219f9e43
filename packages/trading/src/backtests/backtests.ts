import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  anyAmount,
  assetInput,
  idInput,
  instantInput,
  jsonObjectInput,
  nonNegativeAmount,
  pageFields,
  positiveAmount,
  symbolInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type OrderType, type Side, orderTypes, sides } from '../orders/orders.ts';
import { type Metric, conventions, dailyReturn } from '../performance/performance.ts';
import { type BacktestStatus, backtestStatuses } from './backtest-states.ts';

/** A run, and all that its results depend on. */
export interface Backtest {
  id: string;
  /** Of all that the result depends on: version, engine, data, range, seed, costs, currency and starting equity. */
  identityHash: string;
  strategyId: string;
  strategyVersion: number;
  engineVersion: string;
  dataSnapshot: string;
  dataSha256: string;
  from: Instant;
  to: Instant;
  seed: string;
  costModel: Record<string, unknown>;
  currency: string;
  startingEquity: Decimal;
  codeIsDirty?: boolean;
  lockfileHash?: string;
  host?: string;
  status: BacktestStatus;
  error?: string;
  orders: number;
  fills: number;
  trades: number;
  equityPoints: number;
  isPruned: boolean;
  version: number;
  startedAt: Instant;
  endedAt?: Instant;
}

/** A backtest that was started, or found. */
export interface StartedBacktest {
  backtest: Backtest;
  /** A completed run of the same identity is there and was answered: nothing is to be done. */
  isReused: boolean;
  /** A completed run had the same data snapshot of another content: one of them was changed. */
  dataChanged: boolean;
}

/** An order of a backtest, by its number. */
export interface BacktestOrder {
  n: number;
  symbol: string;
  side: Side;
  type: OrderType;
  quantity: Decimal;
  price?: Decimal;
  filledQuantity: Decimal;
  averagePrice?: Decimal;
  tag?: string;
  placedAt: Instant;
}

/** A fill of a backtest, by its number. */
export interface BacktestFill {
  n: number;
  orderN?: number;
  symbol: string;
  side: Side;
  price: Decimal;
  quantity: Decimal;
  fee: Decimal;
  filledAt: Instant;
}

/** A closed trade of a backtest. */
export interface BacktestTrade {
  n: number;
  symbol: string;
  direction: 'long' | 'short';
  quantity: Decimal;
  openPrice: Decimal;
  closePrice: Decimal;
  /** In the quote asset. */
  fees: Decimal;
  /** Net of the fees, exact to 18 digits. */
  pnl: Decimal;
  tag?: string;
  exitReason?: string;
  openedAt: Instant;
  closedAt: Instant;
}

/** Equity of a backtest at a time. */
export interface BacktestEquity {
  n: number;
  at: Instant;
  equity: Decimal;
}

/** How far a backtest is, in its own steps. */
export interface BacktestProgress {
  done: number;
  total: number;
  at: Instant;
}

const small = z
  .int()
  .positive()
  .max(2 ** 31 - 1);
const n = z
  .int()
  .nonnegative()
  .max(2 ** 31 - 1);
const tag = textInput(64).optional();

/** The same `backtestId` with the same content answers the run that stands; a completed run of the same identity is answered in its place. */
export const startBacktest = z
  .strictObject({
    backtestId: idInput.optional(),
    strategyId: idInput,
    strategyVersion: small,
    engineVersion: textInput(64),
    dataSnapshot: textInput(128),
    dataSha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'),
    from: instantInput,
    to: instantInput,
    seed: idInput.default('none'),
    costModel: jsonObjectInput(16_384).default({}),
    currency: assetInput.default('USD'),
    startingEquity: positiveAmount,
    codeIsDirty: z.boolean().optional(),
    lockfileHash: textInput(128).optional(),
    host: textInput(128).optional(),
  })
  .refine(({ from, to }) => from < to, { message: 'expected an instant after from', path: ['to'] });
export type StartBacktest = z.input<typeof startBacktest>;

const MOST_ROWS = 2000;
/** Rows under numbers of the caller's: the same row again adds nothing, another one under its number is a conflict. */
export const appendBacktest = z.strictObject({
  backtestId: idInput,
  orders: z
    .array(
      z.strictObject({
        n,
        symbol: symbolInput,
        side: z.enum(sides),
        type: z.enum(orderTypes),
        quantity: positiveAmount,
        price: positiveAmount.optional(),
        filledQuantity: nonNegativeAmount,
        averagePrice: positiveAmount.optional(),
        tag,
        placedAt: instantInput,
      }),
    )
    .max(MOST_ROWS)
    .optional(),
  fills: z
    .array(
      z.strictObject({
        n,
        orderN: n.optional(),
        symbol: symbolInput,
        side: z.enum(sides),
        price: positiveAmount,
        quantity: positiveAmount,
        fee: anyAmount,
        filledAt: instantInput,
      }),
    )
    .max(MOST_ROWS)
    .optional(),
  trades: z
    .array(
      z
        .strictObject({
          n,
          symbol: symbolInput,
          direction: z.enum(['long', 'short']),
          quantity: positiveAmount,
          openPrice: positiveAmount,
          closePrice: positiveAmount,
          fees: anyAmount,
          tag,
          exitReason: tag,
          openedAt: instantInput,
          closedAt: instantInput,
        })
        .refine(({ openedAt, closedAt }) => openedAt <= closedAt, {
          message: 'expected one not before openedAt',
          path: ['closedAt'],
        }),
    )
    .max(MOST_ROWS)
    .optional(),
  equity: z
    .array(z.strictObject({ n, at: instantInput, equity: anyAmount }))
    .max(MOST_ROWS)
    .optional(),
});
export type AppendBacktest = z.input<typeof appendBacktest>;

/** `benchmark`: its returns, a day each, from the day of the run's `from` to that of its `to`. */
export const completeBacktest = z.strictObject({
  backtestId: idInput,
  ...conventions,
  benchmark: z.array(dailyReturn).max(36_600).optional(),
});
export type CompleteBacktest = z.input<typeof completeBacktest>;

export const failBacktest = z.strictObject({ backtestId: idInput, error: textInput(1000) });
export type FailBacktest = z.input<typeof failBacktest>;

export const advanceBacktest = z
  .strictObject({ backtestId: idInput, done: n, total: n })
  .refine(({ done, total }) => done <= total, { message: 'expected at least what is done', path: ['total'] });
export type AdvanceBacktest = z.input<typeof advanceBacktest>;

/** By when they were started. */
export const listBacktests = z.strictObject({
  strategyId: idInput.optional(),
  strategyVersion: small.optional(),
  status: z.enum(backtestStatuses).optional(),
  ...pageFields(instantInput, idInput),
});
export type ListBacktests = z.input<typeof listBacktests>;

/** In the order of their numbers. */
export const listBacktestRows = z.strictObject({ backtestId: idInput, ...pageFields(n) });
export type ListBacktestRows = z.input<typeof listBacktestRows>;

/** Codes with which backtests refuse. */
export type BacktestRefusal =
  | 'unknown-backtest'
  | 'unknown-strategy-version'
  | 'id-conflict'
  | 'backtest-ended'
  | 'backtest-running'
  | 'row-taken'
  | 'rows-changed'
  | 'wrong-benchmark'
  | 'identity-completed'
  | 'illegal-transition';

/** Runs and their results, kept so that they can be told apart, compared and repeated. Errors carry a `BacktestRefusal` as code. */
export interface Backtests {
  /** Starts a backtest, or answers the completed one of the same identity: strategy version, engine, data, time, seed, costs. */
  start(input: StartBacktest, options?: CallOptions): Promise<StartedBacktest>;
  /** At most 2000 rows of a kind, all of them or none. */
  append(input: AppendBacktest, options?: CallOptions): Promise<void>;
  /** Computes the metrics of what was appended and ends the run; see `computeMetrics` for their definitions. Repeated it answers the same. */
  complete(input: CompleteBacktest, options?: CallOptions): Promise<{ backtest: Backtest; metrics: Metric[] }>;
  /** Ends a backtest that could not be completed. Refused with `backtest-ended`. */
  fail(input: FailBacktest, options?: CallOptions): Promise<Backtest>;
  /** For a run whose process is gone. */
  interrupt(backtestId: string, options?: CallOptions): Promise<Backtest>;
  /** Nothing where there is none. */
  find(backtestId: string, options?: CallOptions): Promise<Backtest | undefined>;
  /** Refused as `not-found` where there is none. */
  get(backtestId: string, options?: CallOptions): Promise<Backtest>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListBacktests, options?: CallOptions): Listing<Backtest>;
  /** A page when awaited; all of them by `for await`. */
  listOrders(input: ListBacktestRows, options?: CallOptions): Listing<BacktestOrder>;
  /** A page when awaited; all of them by `for await`. */
  listFills(input: ListBacktestRows, options?: CallOptions): Listing<BacktestFill>;
  /** A page when awaited; all of them by `for await`. */
  listTrades(input: ListBacktestRows, options?: CallOptions): Listing<BacktestTrade>;
  /** A page when awaited; all of them by `for await`. */
  listEquity(input: ListBacktestRows, options?: CallOptions): Listing<BacktestEquity>;
  /** Removes the rows of an ended run; its identity and metrics stay. */
  prune(backtestId: string, options?: CallOptions): Promise<Backtest>;
  /** Redis alone, for whoever watches: lost with it. Never goes back. */
  advance(input: AdvanceBacktest, options?: CallOptions): Promise<void>;
  /** Nothing where there is none. */
  findProgress(backtestId: string, options?: CallOptions): Promise<BacktestProgress | undefined>;
}
