import { type Decimal, arrayLiteral, queryBuilder } from '@tse/core';
import { sql } from 'kysely';
import type { z } from 'zod';
import { scopeOf } from '../accounts/account-ref.ts';
import type { Tables } from '../schema.ts';
import { orderColumns } from './order-rows.ts';
import type { OrderType, listOpenOrders, listOrders } from './orders.ts';

const db = queryBuilder<Tables>();

/** The orders of an account, archived ones too, by when they were placed. One more than the page holds. */
export function ordersOf(given: z.output<typeof listOrders>) {
  const { accountId, symbol, side, status, from, to, cursor: after, limit } = given;
  const direction = given.sort === 'oldest' ? 'asc' : 'desc';
  const of = (table: 'orders' | 'order_archive') => {
    let query = db
      .selectFrom(table)
      .select(orderColumns)
      .select(
        table === 'orders' ? sql<Decimal>`leaves_qty`.as('leaves_qty') : sql<Decimal>`0::numeric`.as('leaves_qty'),
      )
      .where('account_id', '=', accountId)
      .where('scope_id', '=', scopeOf(given))
      .orderBy('placed_at', direction)
      .orderBy('id', direction)
      .limit(limit + 1);
    if (symbol !== undefined) query = query.where('symbol', '=', symbol);
    if (side !== undefined) query = query.where('side', '=', side);
    if (status !== undefined) query = query.where(sql<boolean>`status = any (${arrayLiteral(status)}::text[])`);
    if (from !== undefined) query = query.where('placed_at', '>=', from);
    if (to !== undefined) query = query.where('placed_at', '<', to);
    if (after)
      query = query.where(
        sql<boolean>`(placed_at, id) ${sql.raw(direction === 'asc' ? '>' : '<')} (${after[0]}::timestamptz, ${after[1]})`,
      );
    return db.selectFrom(query.as('o')).selectAll();
  };
  return db
    .selectFrom(of('orders').unionAll(of('order_archive')).as('all'))
    .selectAll()
    .orderBy('placed_at', direction)
    .orderBy('id', direction)
    .limit(limit + 1);
}

/** The open orders of a market, from where the cursor is: what rests, then the market orders that nobody matched yet. */
export function openOrders({ symbol, side, cursor: after }: z.output<typeof listOpenOrders>) {
  const open = (type: OrderType) => {
    const query = db
      .selectFrom('orders')
      .select([...orderColumns, 'leaves_qty'])
      .where('symbol', '=', symbol)
      .where('closed_at', 'is', null)
      .where('accept_seq', 'is not', null)
      .where('type', '=', type);
    return side === undefined ? query : query.where('side', '=', side);
  };
  const resting = open('limit').orderBy('side').orderBy('price_rank').orderBy('accept_seq');
  // They have no price, and stand in the book's index behind those that have one.
  const unmatched = open('market').where('price_rank', 'is', null).orderBy('accept_seq');
  if (!after) return [resting, unmatched];
  const [lastSide, price, sequence] = after;
  if (price === 'market') return [unmatched.where('accept_seq', '>', sequence)];
  const rank = lastSide === 'buy' ? `-${price}` : price;
  const further = sql<boolean>`(side, price_rank, accept_seq) > (${lastSide}, ${rank}::numeric, ${sequence}::bigint)`;
  return [resting.where(further), unmatched];
}
