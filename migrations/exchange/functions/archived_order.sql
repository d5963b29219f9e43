-- An order of the archive as it was when it closed.
create or replace function archived_order(p_id text) returns orders
language plpgsql
stable
set search_path from current
as $$
declare
  v_order orders;
begin
  select id, scope_id, account_id, symbol, client_order_id, side, type, tif, qty, limit_price, null, quote_budget, cum_qty, 0, cum_quote, status,
    prev_status, reason, version, accept_seq, fee_version, maker_rate, taker_rate, stp_mode, post_only, check_id,
    valid_until, expires_at, request_hash, placed_at, closed_at, recorded_at
  into v_order from order_archive where id = p_id;
  return v_order;
end
$$;
