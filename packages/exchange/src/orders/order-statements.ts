import { type Decimal, type Instant, answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { BalanceCopy } from '../balances/balances.store.ts';
import type { Tables } from '../schema.ts';
import { orderColumns } from './order-rows.ts';
import type { OrderStatus } from './order-states.ts';
import type { OrderRefusal } from './orders.ts';

const db = queryBuilder<Tables>();

export interface OutcomeRow {
  outcome: OrderRefusal | 'ok' | 'same';
  order_id: string;
  balances?: BalanceCopy[] | null;
}

export interface PlacedRow extends OutcomeRow {
  status: OrderStatus;
  version: number;
  accept_seq: number | null;
  cum_qty: Decimal;
  leaves_qty: Decimal;
  cum_quote: Decimal;
  fee_version: number;
  maker_rate: Decimal;
  taker_rate: Decimal;
  placed_at: Instant;
  closed_at: Instant | null;
  reason: string | null;
  required: Decimal | null;
  available: Decimal | null;
}

/** Each change of orders is one call of an SQL function; reads ask the table and the archive in one statement. */
export const statements = {
  place: functionCall(
    'exchange.orders.place',
    'write',
    'place_orders',
    [
      'orderIds',
      'scopeIds',
      'accountIds',
      'symbols',
      'clientOrderIds',
      'sides',
      'types',
      'tifs',
      'quantities',
      'prices',
      'quoteBudgets',
      'stpModes',
      'postOnlys',
      'pendings',
      'checkIds',
      'validUntils',
      'expiresAts',
      'requestHashes',
      'ats',
      'checkMargin',
      'eventIds',
      'contexts',
    ],
    answers<PlacedRow>(),
  ),
  close: functionCall(
    'exchange.orders.close',
    'write',
    'close_orders',
    ['orderIds', 'scopeIds', 'accountIds', 'versions', 'statuses', 'reasons', 'ats', 'eventIds', 'contexts'],
    answers<OutcomeRow>(),
  ),
  replace: functionCall(
    'exchange.orders.replace',
    'write',
    'replace_orders',
    [
      'orderIds',
      'scopeIds',
      'accountIds',
      'versions',
      'quantities',
      'prices',
      'checkIds',
      'validUntils',
      'ats',
      'checkMargin',
      'eventIds',
      'contexts',
    ],
    answers<OutcomeRow & { required: Decimal | null; available: Decimal | null }>(),
  ),
  accept: functionCall(
    'exchange.orders.accept',
    'write',
    'accept_orders',
    ['orderIds', 'ats', 'eventIds', 'contexts'],
    answers<OutcomeRow>(),
  ),
  mark: functionCall(
    'exchange.orders.mark',
    'write',
    'mark_orders',
    ['orderIds', 'scopeIds', 'accountIds', 'statuses', 'reasons', 'ats'],
    answers<OutcomeRow>(),
  ),
  expire: functionCall(
    'exchange.orders.expire',
    'write',
    'expire_orders',
    ['at', 'eventIds', 'context'],
    answers<OutcomeRow>(),
  ),
  archive: functionCall(
    'exchange.orders.archive',
    'write',
    'archive_orders',
    ['before', 'limit'],
    answers<{ archive_orders: number }>(),
  ),
  // An order that moves to the archive between two reads would be missed by both: one statement asks both tables.
  find: statement('exchange.orders.find', 'read', (p: { id: string }) =>
    db
      .selectFrom('orders')
      .select([...orderColumns, 'leaves_qty'])
      .where('id', '=', p.id)
      .unionAll(
        db
          .selectFrom('order_archive')
          .select([...orderColumns, sql<Decimal>`0::numeric`.as('leaves_qty')])
          .where('id', '=', p.id),
      ),
  ),
  findMany: statement('exchange.orders.findMany', 'read', (p: { ids: string }) =>
    db
      .selectFrom('orders')
      .select([...orderColumns, 'leaves_qty'])
      .where(sql<boolean>`id = any (${p.ids}::text[])`)
      .unionAll(
        db
          .selectFrom('order_archive')
          .select([...orderColumns, sql<Decimal>`0::numeric`.as('leaves_qty')])
          .where(sql<boolean>`id = any (${p.ids}::text[])`),
      ),
  ),
  findByClientOrderId: statement(
    'exchange.orders.findByClientOrderId',
    'read',
    (p: { accountId: string; scopeId: string; clientOrderId: string }) =>
      db
        .selectFrom('orders')
        .select([...orderColumns, 'leaves_qty'])
        .where('account_id', '=', p.accountId)
        .where('scope_id', '=', p.scopeId)
        .where('client_order_id', '=', p.clientOrderId)
        .unionAll(
          db
            .selectFrom('order_archive')
            .select([...orderColumns, sql<Decimal>`0::numeric`.as('leaves_qty')])
            .where('account_id', '=', p.accountId)
            .where('scope_id', '=', p.scopeId)
            .where('client_order_id', '=', p.clientOrderId),
        ),
  ),
  listEvents: statement('exchange.orders.listEvents', 'read', (p: { orderId: string }) =>
    db
      .selectFrom('order_events')
      .select(['version', 'type', 'status', 'cum_qty', 'leaves_qty', 'trade_id', 'reason', 'occurred_at'])
      .where('order_id', '=', p.orderId)
      .orderBy('version'),
  ),
};
