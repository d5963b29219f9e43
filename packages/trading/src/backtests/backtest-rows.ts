import { queryBuilder } from '@tse/core';
import type { Tables } from '../schema.ts';

const db = queryBuilder<Tables>();

/** Which rows of a run: those after a number, one more than is asked for. */
export interface RowRange {
  backtestId: string;
  cursor?: readonly [number] | undefined;
  limit: number;
}

const after = ({ cursor }: RowRange) => cursor?.[0] ?? -1;

export const ordersOf = (range: RowRange) =>
  db
    .selectFrom('bt_orders')
    .select([
      'n',
      'symbol',
      'side',
      'type',
      'qty as quantity',
      'price',
      'filled_qty as filledQuantity',
      'average_price as averagePrice',
      'tag',
      'placed_at as placedAt',
    ])
    .where('backtest_id', '=', range.backtestId)
    .where('n', '>', after(range))
    .orderBy('n')
    .limit(range.limit + 1);

export const fillsOf = (range: RowRange) =>
  db
    .selectFrom('bt_fills')
    .select(['n', 'order_n as orderN', 'symbol', 'side', 'price', 'qty as quantity', 'fee', 'filled_at as filledAt'])
    .where('backtest_id', '=', range.backtestId)
    .where('n', '>', after(range))
    .orderBy('n')
    .limit(range.limit + 1);

export const tradesOf = (range: RowRange) =>
  db
    .selectFrom('bt_trades')
    .select([
      'n',
      'symbol',
      'direction',
      'qty as quantity',
      'open_price as openPrice',
      'close_price as closePrice',
      'fees',
      'pnl',
      'tag',
      'exit_reason as exitReason',
      'opened_at as openedAt',
      'closed_at as closedAt',
    ])
    .where('backtest_id', '=', range.backtestId)
    .where('n', '>', after(range))
    .orderBy('n')
    .limit(range.limit + 1);

export const equityOf = (range: RowRange) =>
  db
    .selectFrom('bt_equity')
    .select(['n', 'at', 'equity'])
    .where('backtest_id', '=', range.backtestId)
    .where('n', '>', after(range))
    .orderBy('n')
    .limit(range.limit + 1);
