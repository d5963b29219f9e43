-- Moves at most p_limit orders that closed before p_before into the archive, in one statement, each with what its hold came to. Answers how many.
create or replace function archive_orders(p_before timestamptz, p_limit integer) returns integer
language plpgsql
set search_path from current
as $$
declare
  v_moved integer;
begin
  with due as materialized (
    select id from orders where closed_at < p_before order by closed_at, id limit p_limit for no key update skip locked
  ),
  left_orders as (
    delete from orders as o using due where o.id = due.id returning o.*
  ),
  left_holds as (
    delete from holds as h using due where h.id = 'in-order:' || due.id returning h.*
  ),
  moved as (
    insert into order_archive (id, scope_id, account_id, symbol, client_order_id, side, type, tif, qty, limit_price, quote_budget, cum_qty, cum_quote,
      status, prev_status, reason, version, accept_seq, fee_version, maker_rate, taker_rate, stp_mode, post_only, check_id, valid_until, expires_at,
      request_hash, hold_asset, hold_amount, hold_captured, hold_released, placed_at, closed_at, recorded_at)
    select o.id, o.scope_id, o.account_id, o.symbol, o.client_order_id, o.side, o.type, o.tif, o.qty, o.limit_price, o.quote_budget, o.cum_qty,
      o.cum_quote, o.status, o.prev_status, o.reason, o.version, o.accept_seq, o.fee_version, o.maker_rate, o.taker_rate, o.stp_mode,
      o.post_only, o.check_id, o.valid_until, o.expires_at, o.request_hash, h.asset, h.amount, h.captured, h.released, o.placed_at, o.closed_at,
      o.recorded_at
    from left_orders as o join left_holds as h on h.id = 'in-order:' || o.id
    returning 1
  )
  select count(*) into v_moved from moved;
  return v_moved;
end
$$;
