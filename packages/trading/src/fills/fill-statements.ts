import { answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Order } from '../orders/orders.ts';
import type { StoredPosition } from '../positions/positions.repository.ts';
import type { Tables } from '../schema.ts';
import type { FillRefusal, QuarantineReason } from './fills.ts';

const db = queryBuilder<Tables>();

export interface AppliedRow {
  outcome: QuarantineReason | 'applied' | 'same';
  position_ids: string[];
  positions: StoredPosition[] | null;
  orders: Order[] | null;
}

export const fillColumns = [
  'venue',
  'trade_id',
  'order_id',
  'deployment_id',
  'account_id',
  'symbol',
  'side',
  'leg',
  'trade_seq',
  'price',
  'qty',
  'quote_qty',
  'liquidity',
  'fee',
  'fee_asset',
  'fee_quote',
  'fee_rate',
  'fee_rate_source',
  'matched_at',
] as const;

export const quarantineColumns = [
  'venue',
  'trade_id',
  'order_id',
  'content_hash',
  'reason',
  'fill',
  'quarantined_at',
  'resolved_at',
  'resolution',
  'note',
] as const;

export const statements = {
  apply: functionCall(
    'trading.fills.apply',
    'write',
    'apply_fills',
    [
      'venues',
      'tradeIds',
      'orderIds',
      'tradeSequences',
      'accountIds',
      'symbols',
      'sides',
      'prices',
      'quantities',
      'liquidities',
      'fees',
      'feeAssets',
      'feeRates',
      'feeRateSources',
      'contentHashes',
      'payloads',
      'matchedAts',
      'orderVersions',
      'statuses',
      'cums',
      'leaves',
      'eventIds',
      'contexts',
    ],
    answers<AppliedRow>(),
  ),
  resolve: functionCall(
    'trading.fills.discard',
    'write',
    'resolve_quarantined_fill',
    ['venue', 'tradeId', 'orderId', 'contentHash', 'resolution', 'note', 'at'],
    answers<{ outcome: FillRefusal | 'ok' | 'same' }>(),
  ),
  ofOrder: statement('trading.fills.listOfOrder', 'read', (p: { orderId: string }) =>
    db.selectFrom('fills').select(fillColumns).where('order_id', '=', p.orderId).orderBy('trade_seq'),
  ),
  findQuarantined: statement(
    'trading.fills.findQuarantined',
    'read',
    (p: { venue: string; tradeId: string; orderId: string; contentHash: string }) =>
      db
        .selectFrom('quarantined_fills')
        .select(quarantineColumns)
        .where('venue', '=', p.venue)
        .where('trade_id', '=', p.tradeId)
        .where('order_id', '=', p.orderId)
        .where('content_hash', '=', p.contentHash),
  ),
  countQuarantined: statement('trading.fills.countQuarantined', 'read', () =>
    db
      .selectFrom('quarantined_fills')
      .select(sql<number>`count(*)`.as('open'))
      .where('resolved_at', 'is', null),
  ),
  retryable: statement('trading.fills.retryQuarantined', 'read', (p: { limit: number }) =>
    db
      .selectFrom('quarantined_fills as q')
      .select(['q.fill', 'q.source', 'q.source_seq'])
      .where('q.resolved_at', 'is', null)
      .where('q.reason', '=', 'unknown-order')
      .where((eb) => eb.exists(eb.selectFrom('orders as o').select('o.id').whereRef('o.id', '=', 'q.order_id')))
      .orderBy('q.quarantined_at')
      .limit(sql<number>`${p.limit}::integer`),
  ),
};
