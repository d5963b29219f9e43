-- The history row of an order's present version.
create or replace function append_order_event(
  p_order orders, p_type text, p_trade_id text, p_reason text, p_at timestamptz, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
begin
  insert into order_events (order_id, version, type, status, qty, limit_price, cum_qty, leaves_qty, filled_qty, venue_version, trade_id,
    reason, actor, source, source_seq, occurred_at)
  values (p_order.id, p_order.version, p_type, p_order.status, p_order.qty, p_order.limit_price, p_order.cum_qty, p_order.leaves_qty,
    p_order.filled_qty, p_order.venue_version, p_trade_id, p_reason, p_context.actor, p_context.source, p_context.source_seq, p_at);
end
$$;
