-- A new market opens in p_status, `pre-open` or `open`.
-- ok | same | id-conflict | unknown-asset | unknown-fee-account | unknown-fee-schedule | too-many-digits | out-of-range
create or replace function define_market(
  p_symbol text, p_base text, p_quote text, p_tick_size numeric, p_lot_size numeric, p_min_notional numeric, p_max_price numeric, p_max_qty numeric,
  p_fee_version integer, p_fee_account_id text, p_status text, p_request_hash text, p_at timestamptz, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_base_scale integer := (select scale from assets where code = p_base);
  v_quote_scale integer := (select scale from assets where code = p_quote);
  v_price_scale constant integer := scale(trim_scale(p_tick_size));
  v_qty_scale constant integer := scale(trim_scale(p_lot_size));
begin
  select case when request_hash = p_request_hash then 'same' else 'id-conflict' end into outcome from markets where symbol = p_symbol;
  if not found then
    outcome := case
      when v_base_scale is null or v_quote_scale is null then 'unknown-asset'
      when not exists (select from accounts where id = p_fee_account_id and kind = 'fee') then 'unknown-fee-account'
      when not exists (select from fee_schedules where version = p_fee_version and tier = 'standard') then 'unknown-fee-schedule'
      when v_price_scale + v_qty_scale > v_quote_scale or v_qty_scale > v_base_scale then 'too-many-digits'
      when p_max_price % p_tick_size <> 0 or p_max_price / p_tick_size >= 9007199254740992
        or p_max_qty % p_lot_size <> 0 or p_max_qty / p_lot_size >= 9223372036854775808
        or p_max_price < p_tick_size or p_max_qty < p_lot_size or p_max_price * p_max_qty > 1e19 then 'out-of-range'
      else 'ok'
    end;
  end if;
  if outcome = 'ok' then
    insert into markets (symbol, base, base_scale, quote, quote_scale, tick_size, lot_size, min_notional, max_price, max_qty,
      fee_account_id, request_hash)
    values (p_symbol, p_base, v_base_scale, p_quote, v_quote_scale, p_tick_size, p_lot_size, p_min_notional, p_max_price, p_max_qty,
      p_fee_account_id, p_request_hash)
    on conflict (symbol) do nothing;
    if found then
      insert into market_states (symbol, status, fee_version) values (p_symbol, p_status, p_fee_version);
      insert into market_events (symbol, version, status, fee_version, actor, occurred_at)
      values (p_symbol, 1, p_status, p_fee_version, p_context.actor, p_at);
      insert into balances (account_id, asset, scope_id, account_kind) values (p_fee_account_id, p_quote, p_fee_account_id, 'fee')
      on conflict do nothing;
    else
      select case when request_hash = p_request_hash then 'same' else 'id-conflict' end into outcome from markets where symbol = p_symbol;
    end if;
  end if;
  return next;
end
$$;
