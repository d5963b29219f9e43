import { answers, functionCall, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { Order, OrderRefusal } from './orders.ts';

const db = queryBuilder<Tables>();
export const asOrder = sql<Order>`order_json(o)`.as('order');

export interface OutcomeRow {
  outcome: OrderRefusal | 'ok' | 'same' | 'stale';
  order: Order | null;
}

export const statements = {
  submit: functionCall(
    'trading.orders.submit',
    'write',
    'submit_order',
    [
      'id',
      'deploymentId',
      'epoch',
      'symbol',
      'clientOrderId',
      'signalId',
      'side',
      'type',
      'timeInForce',
      'quantity',
      'price',
      'stopPrice',
      'quoteBudget',
      'leg',
      'closeLots',
      'tag',
      'exitReason',
      'riskCheckId',
      'validUntil',
      'expiresAt',
      'run',
      'fence',
      'requestHash',
      'at',
      'eventId',
      'context',
    ],
    answers<OutcomeRow>(),
  ),
  update: functionCall(
    'trading.orders.update',
    'write',
    'update_orders',
    [
      'ids',
      'venues',
      'versions',
      'statuses',
      'cums',
      'quantities',
      'prices',
      'venueOrderIds',
      'reasons',
      'ats',
      'contexts',
    ],
    answers<OutcomeRow>(),
  ),
  requestChange: functionCall(
    'trading.orders.requestChange',
    'write',
    'request_order_change',
    ['id', 'change', 'reason', 'at', 'context'],
    answers<OutcomeRow>(),
  ),
  find: statement('trading.orders.find', 'read', (p: { id: string }) =>
    db.selectFrom('orders as o').select(asOrder).where('o.id', '=', p.id),
  ),
  findByClientOrderId: statement(
    'trading.orders.findByClientOrderId',
    'read',
    (p: { deploymentId: string; clientOrderId: string }) =>
      db
        .selectFrom('orders as o')
        .select(asOrder)
        .where('o.deployment_id', '=', p.deploymentId)
        .where('o.client_order_id', '=', p.clientOrderId),
  ),
  findByVenueOrderId: statement(
    'trading.orders.findByVenueOrderId',
    'read',
    (p: { venue: string; venueOrderId: string }) =>
      db
        .selectFrom('orders as o')
        .innerJoin('venue_order_ids as v', 'v.order_id', 'o.id')
        .select(asOrder)
        .where('v.venue', '=', p.venue)
        .where('v.venue_order_id', '=', p.venueOrderId),
  ),
  listWorking: statement('trading.orders.listWorking', 'read', (p: { deploymentId: string }) =>
    db
      .selectFrom('orders as o')
      .select(asOrder)
      .where('o.deployment_id', '=', p.deploymentId)
      .where('o.closed_at', 'is', null)
      .orderBy('o.id'),
  ),
  listEvents: statement('trading.orders.listEvents', 'read', (p: { orderId: string }) =>
    db
      .selectFrom('order_events')
      .select([
        'version',
        'type',
        'status',
        'qty',
        'limit_price',
        'cum_qty',
        'leaves_qty',
        'filled_qty',
        'venue_version',
        'trade_id',
        'reason',
        'actor',
        'occurred_at',
      ])
      .where('order_id', '=', p.orderId)
      .orderBy('version'),
  ),
};
