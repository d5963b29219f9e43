import { type Decimal, type Instant, queryBuilder } from '@tse/core';
import { type RawBuilder, sql } from 'kysely';
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import type { BreakdownGroup, breakdownKeys } from './performance.ts';

const db = queryBuilder<Tables>();

interface Asked {
  deploymentId?: string | undefined;
  strategyId?: string | undefined;
  backtestId?: string | undefined;
  by: (typeof breakdownKeys)[number];
  from?: Instant | undefined;
  to?: Instant | undefined;
}

export interface BreakdownRow {
  key: string | null;
  trades: number;
  wins: number;
  pnl: Decimal;
  fees: Decimal;
}

const day = sql`to_char(closed_at at time zone 'UTC', 'YYYY-MM-DD')`;
const keys: Record<Asked['by'], RawBuilder<string | null>> = {
  symbol: sql<string>`symbol`,
  tag: sql<string | null>`tag`,
  'exit-reason': sql<string | null>`exit_reason`,
  direction: sql<string>`direction`,
  day: sql<string>`${day}`,
  week: sql<string>`to_char(date_trunc('week', closed_at at time zone 'UTC'), 'YYYY-MM-DD')`,
  month: sql<string>`to_char(closed_at at time zone 'UTC', 'YYYY-MM')`,
};

/** Closed positions, or the trades of a backtest, by their groups; sums are exact. */
export function breakdownQuery({ deploymentId, strategyId, backtestId, by, from, to }: Asked) {
  const trades =
    backtestId !== undefined
      ? db
          .selectFrom('bt_trades')
          .select(['symbol', 'tag', 'exit_reason', 'direction', 'closed_at', 'pnl', 'fees'])
          .where('backtest_id', '=', backtestId)
      : db
          .selectFrom('positions')
          .select([
            'symbol',
            'tag',
            'exit_reason',
            'direction',
            sql<Instant>`closed_at`.as('closed_at'),
            sql<Decimal>`realized - fees + adjustments`.as('pnl'),
            'fees',
          ])
          .where('closed_at', 'is not', null)
          .where('is_void', '=', false)
          .$if(deploymentId !== undefined, (query) => query.where('deployment_id', '=', deploymentId!))
          .$if(strategyId !== undefined, (query) =>
            query.where('deployment_id', 'in', (of) =>
              of.selectFrom('deployments').select('id').where('strategy_id', '=', strategyId!),
            ),
          );
  return db
    .selectFrom(trades.as('t') as never)
    .select([
      keys[by].as('key'),
      sql<number>`count(*)`.as('trades'),
      sql<number>`count(*) filter (where pnl > 0)`.as('wins'),
      sql<Decimal>`sum(pnl)`.as('pnl'),
      sql<Decimal>`sum(fees)`.as('fees'),
    ])
    .$if(from !== undefined, (query) => query.where(sql<boolean>`closed_at >= ${from}::timestamptz`))
    .$if(to !== undefined, (query) => query.where(sql<boolean>`closed_at < ${to}::timestamptz`))
    .groupBy(sql`1`)
    .orderBy(sql`1 nulls last`);
}

export const toGroup = (row: BreakdownRow): BreakdownGroup => present({ ...row, winRate: row.wins / row.trades });
