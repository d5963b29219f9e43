-- The history row of an order's present version. p_seq: its change of the book, where it is one.
create or replace function order_event(
  p_order orders, p_type text, p_seq bigint, p_from text, p_trade_id text, p_event_id text, p_reason text, p_at timestamptz, p_now timestamptz
) returns order_events
language sql
stable
return row(p_order.id, p_order.version, p_type, p_order.symbol, p_seq, p_order.account_id, p_order.side, p_order.qty, p_order.limit_price,
  p_order.cum_qty, p_order.leaves_qty, p_from, p_order.status, p_order.accept_seq, p_trade_id, p_reason, p_event_id, p_at, p_now)::order_events;
