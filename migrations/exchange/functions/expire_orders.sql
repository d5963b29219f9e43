-- Closes the orders that are due at p_at, the earliest first, at most one for each event id. The rows are those of close_orders.
create or replace function expire_orders(p_at timestamptz, p_event_ids text[], p_context write_context)
returns table (
  n integer, outcome text, order_id text, account_id text, symbol text, side text, limit_price numeric, status text, reason text, version bigint,
  accept_seq bigint, seq bigint, cum_qty numeric, leaves_qty numeric, cum_quote numeric, closed_at timestamptz, balances jsonb
)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_due text[];
  v_ones integer[];
begin
  v_due := array(
    select id from orders where closed_at is null and expires_at <= p_at order by expires_at, id limit cardinality(p_event_ids));
  v_ones := array[cardinality(v_due)];
  return query select * from close_orders(v_due, null, null, null, array_fill('expired'::text, v_ones), array_fill('time-in-force'::text, v_ones),
    array_fill(p_at, v_ones), p_event_ids[1:cardinality(v_due)], array_fill(p_context, v_ones));
end
$$;
