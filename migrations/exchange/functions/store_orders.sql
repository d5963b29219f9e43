-- Writes back what lock_orders locked and its caller changed: rows whose version (of a market: last_seq) is not the stored one.
-- Answers the changed balances. The keys are there for the planner: an index scan whatever it believes of the size of a young table.
create or replace function store_orders(
  p_symbols text[], p_states market_states[], p_order_ids text[], p_orders orders[], p_hold_ids text[], p_holds holds[],
  p_account_ids text[], p_balances balances[], p_events order_events[], p_now timestamptz
) returns jsonb
language plpgsql
set search_path from current
as $$
declare
  v_balances jsonb;
begin
  with stated as (
    update market_states as s set last_seq = n.last_seq, last_accept_seq = n.last_accept_seq, last_trade_seq = n.last_trade_seq,
      last_price = n.last_price
    from unnest(p_states) as n
    where s.symbol = n.symbol and s.last_seq <> n.last_seq and s.symbol = any (p_symbols)
  ),
  ordered as (
    update orders as o set qty = n.qty, limit_price = n.limit_price, cum_qty = n.cum_qty, leaves_qty = n.leaves_qty, cum_quote = n.cum_quote,
      status = n.status, prev_status = n.prev_status, reason = n.reason, version = n.version, accept_seq = n.accept_seq, check_id = n.check_id,
      valid_until = n.valid_until, closed_at = n.closed_at
    from unnest(p_orders) as n
    where o.id = n.id and o.version <> n.version and o.id = any (p_order_ids)
  ),
  held as (
    update holds as h set amount = n.amount, captured = n.captured, released = n.released, state = n.state, version = n.version,
      closed_at = n.closed_at
    from unnest(p_holds) as n
    where h.id = n.id and h.version <> n.version and h.id = any (p_hold_ids)
  ),
  logged as (
    insert into order_events select * from unnest(p_events)
  ),
  balanced as (
    update balances as b set posted = n.posted, held = n.held, version = n.version, recorded_at = p_now
    from unnest(p_balances) as n
    where b.account_id = n.account_id and b.asset = n.asset and b.version <> n.version and b.account_id = any (p_account_ids)
    returning b.account_id, b.asset, b.posted, b.held, b.overdraft, b.version
  )
  select coalesce(jsonb_agg(balance_json(account_id, asset, posted, held, overdraft, version)), '[]') into v_balances from balanced;
  return v_balances;
end
$$;
