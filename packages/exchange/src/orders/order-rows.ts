import type { Decimal, Instant } from '@tse/core';
import type { Order, OrderType, SelfTradePrevention, Side, TimeInForce } from './orders.ts';
import type { OrderStatus } from './order-states.ts';

/** The columns of an order, as `orders` and `order_archive` have them. */
export const orderColumns = [
  'id',
  'scope_id',
  'account_id',
  'symbol',
  'client_order_id',
  'side',
  'type',
  'tif',
  'post_only',
  'qty',
  'limit_price',
  'quote_budget',
  'cum_qty',
  'cum_quote',
  'status',
  'reason',
  'version',
  'accept_seq',
  'stp_mode',
  'fee_version',
  'maker_rate',
  'taker_rate',
  'check_id',
  'valid_until',
  'expires_at',
  'placed_at',
  'closed_at',
] as const;

export interface OrderRow {
  id: string;
  scope_id: string;
  account_id: string;
  symbol: string;
  client_order_id: string | null;
  side: Side;
  type: OrderType;
  tif: TimeInForce;
  post_only: boolean;
  qty: Decimal;
  limit_price: Decimal | null;
  quote_budget: Decimal | null;
  cum_qty: Decimal;
  leaves_qty: Decimal;
  cum_quote: Decimal;
  status: OrderStatus;
  reason: string | null;
  version: number;
  accept_seq: number | null;
  stp_mode: SelfTradePrevention;
  fee_version: number;
  maker_rate: Decimal;
  taker_rate: Decimal;
  check_id: string | null;
  valid_until: Instant | null;
  expires_at: Instant | null;
  placed_at: Instant;
  closed_at: Instant | null;
}

export const toOrder = (row: OrderRow): Order => ({
  id: row.id,
  ...(row.client_order_id !== null && { clientOrderId: row.client_order_id }),
  accountId: row.account_id,
  ...(row.scope_id !== row.account_id && { parentId: row.scope_id }),
  symbol: row.symbol,
  side: row.side,
  type: row.type,
  timeInForce: row.tif,
  postOnly: row.post_only,
  quantity: row.qty,
  ...(row.limit_price !== null && { price: row.limit_price }),
  ...(row.quote_budget !== null && { quoteBudget: row.quote_budget }),
  cumulativeQuantity: row.cum_qty,
  leavesQuantity: row.leaves_qty,
  cumulativeQuote: row.cum_quote,
  status: row.status,
  ...(row.reason !== null && { reason: row.reason }),
  version: row.version,
  ...(row.accept_seq !== null && { acceptSequence: row.accept_seq }),
  selfTradePrevention: row.stp_mode,
  fees: { version: row.fee_version, maker: row.maker_rate, taker: row.taker_rate },
  ...(row.check_id !== null && { riskCheckId: row.check_id }),
  ...(row.valid_until !== null && { validUntil: row.valid_until }),
  ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  placedAt: row.placed_at,
  ...(row.closed_at !== null && { closedAt: row.closed_at }),
});
