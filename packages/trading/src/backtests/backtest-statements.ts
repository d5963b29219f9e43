import { type Decimal, type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { BacktestStatus } from './backtest-states.ts';
import type { BacktestRefusal } from './backtests.ts';

const db = queryBuilder<Tables>();

export const backtestColumns = [
  'id',
  'identity_hash',
  'strategy_id',
  'strategy_version',
  'engine_version',
  'data_snapshot',
  'data_sha256',
  'from_at',
  'to_at',
  'seed',
  'cost_model',
  'currency',
  'starting_equity',
  'code_is_dirty',
  'lockfile_hash',
  'host',
  'status',
  'error',
  'orders',
  'fills',
  'trades',
  'equity_points',
  'is_pruned',
  'version',
  'started_at',
  'ended_at',
] as const;

export interface BacktestRow {
  id: string;
  identity_hash: string;
  strategy_id: string;
  strategy_version: number;
  engine_version: string;
  data_snapshot: string;
  data_sha256: string;
  from_at: Instant;
  to_at: Instant;
  seed: string;
  cost_model: unknown;
  currency: string;
  starting_equity: Decimal;
  code_is_dirty: boolean | null;
  lockfile_hash: string | null;
  host: string | null;
  status: BacktestStatus;
  error: string | null;
  orders: number;
  fills: number;
  trades: number;
  equity_points: number;
  is_pruned: boolean;
  version: number;
  started_at: Instant;
  ended_at: Instant | null;
}

type Outcome = BacktestRefusal | 'ok' | 'same';

export const statements = {
  start: functionCall(
    'trading.backtests.start',
    'write',
    'start_backtest',
    [
      'id',
      'identityHash',
      'strategyId',
      'strategyVersion',
      'engineVersion',
      'dataSnapshot',
      'dataSha256',
      'from',
      'to',
      'seed',
      'costModel',
      'currency',
      'startingEquity',
      'codeIsDirty',
      'lockfileHash',
      'host',
      'requestHash',
      'at',
    ],
    answers<{ outcome: Outcome | 'reused'; backtest_id: string; data_changed: boolean }>(),
  ),
  append: functionCall(
    'trading.backtests.append',
    'write',
    'append_backtest',
    ['id', 'orders', 'fills', 'trades', 'equity'],
    answers<{ outcome: Outcome }>(),
  ),
  end: functionCall(
    'trading.backtests.end',
    'write',
    'end_backtest',
    ['id', 'version', 'status', 'error', 'metrics', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome; other_id: string | null }>(),
  ),
  prune: functionCall('trading.backtests.prune', 'write', 'prune_backtest', ['id'], answers<{ outcome: Outcome }>()),
  find: statement('trading.backtests.find', 'read', (p: { id: string }) =>
    db.selectFrom('backtests').select(backtestColumns).where('id', '=', p.id),
  ),
  measured: statement('trading.backtests.measured', 'read', (p: { id: string }) =>
    db
      .selectFrom('bt_trades')
      .select([
        sql<number>`pnl::float8`.as('pnl'),
        sql<number>`(case direction when 'long' then open_price else close_price end * qty)::float8`.as('bought'),
        sql<number>`(case direction when 'long' then close_price else open_price end * qty)::float8`.as('sold'),
        sql<number>`extract(epoch from opened_at)::float8 * 1000`.as('openedAt'),
        sql<number>`extract(epoch from closed_at)::float8 * 1000`.as('closedAt'),
      ])
      .where('backtest_id', '=', p.id)
      .orderBy('closed_at')
      .orderBy('n'),
  ),
  equity: statement('trading.backtests.equity', 'read', (p: { id: string }) =>
    db
      .selectFrom('bt_equity')
      .select([sql<number>`extract(epoch from at)::float8 * 1000`.as('at'), sql<number>`equity::float8`.as('equity')])
      .where('backtest_id', '=', p.id)
      .orderBy('bt_equity.at')
      .orderBy('n'),
  ),
  metrics: statement('trading.backtests.metrics', 'read', (p: { id: string }) =>
    db
      .selectFrom('metric_points')
      .select([
        'name',
        'step',
        'at',
        'value',
        'reason',
        'samples',
        'period',
        'periods_per_year',
        'risk_free',
        'return_kind',
        'peak_at',
        'trough_at',
        'recovered_at',
      ])
      .where('owner_kind', '=', 'backtest')
      .where('owner_id', '=', p.id)
      .where('step', '=', 0)
      .orderBy('name'),
  ),
};
