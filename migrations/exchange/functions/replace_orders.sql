-- Changes quantity (of the whole order, filled part included) and limit of open limit orders; what is null stays. The hold is brought to what
-- the rest now needs. Time priority is kept only where the price stays and the quantity does not grow; such a change needs no new check.
-- The last row carries the changed balances.
-- ok | same | unknown-order | stale-version | order-closed | order-pending | not-a-limit-order | market-not-open | check-missing | check-expired
-- | quantity-below-filled | off-lot | off-tick | quantity-too-large | price-too-high | below-min-notional | insufficient-funds
create or replace function replace_orders(
  p_order_ids text[], p_scope_ids text[], p_account_ids text[], p_versions bigint[], p_qtys numeric[], p_limit_prices numeric[],
  p_check_ids text[], p_valid_untils timestamptz[], p_ats timestamptz[], p_check_margin interval, p_event_ids text[], p_contexts write_context[]
) returns table (
  n integer, outcome text, order_id text, account_id text, symbol text, side text, limit_price numeric, qty numeric, status text, version bigint,
  accept_seq bigint, seq bigint, cum_qty numeric, leaves_qty numeric, required numeric, available numeric, balances jsonb
)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  l record;
  v_now timestamptz;
  v_states market_states[];
  v_orders orders[];
  v_holds holds[];
  v_balances balances[];
  v_events order_events[] := '{}';
  v_payloads jsonb[] := array_fill(null::jsonb, array[cardinality(p_order_ids)]);
  v_versions bigint[] := array_fill(null::bigint, array[cardinality(p_order_ids)]);
  v_market markets;
  v_state market_states;
  v_order orders;
  v_hold holds;
  v_balance balances;
  v_qty numeric;
  v_price numeric;
  v_keeps_priority boolean;
  v_more numeric;
  s integer;
  o integer;
  b integer;
begin
  select * into l from lock_orders(null, p_order_ids);
  v_states := l.states; v_orders := l.orders; v_holds := l.holds; v_balances := l.balances;
  v_now := clock_timestamp();

  for i in 1 .. cardinality(p_order_ids) loop
    if i > 1 then
      return next;
    end if;
    n := i;
    o := array_position(l.order_ids, p_order_ids[i]);
    v_order := case when o is null then archived_order(p_order_ids[i]) else v_orders[o] end;
    s := array_position(l.symbols, v_order.symbol);
    v_market := l.markets[s];
    v_state := v_states[s];
    v_hold := v_holds[o];
    b := array_position(l.balance_keys, v_order.account_id || ':' || v_hold.asset);
    v_balance := v_balances[b];
    v_qty := coalesce(p_qtys[i], v_order.qty);
    v_price := coalesce(p_limit_prices[i], v_order.limit_price);
    v_keeps_priority := v_price = v_order.limit_price and v_qty <= v_order.qty;
    required := v_qty - v_order.cum_qty;
    if v_order.side = 'buy' then
      required := v_price * required + round_up(v_price * required * v_order.taker_rate, v_market.quote_scale);
    end if;
    v_more := required - (v_hold.amount - v_hold.captured - v_hold.released);
    available := v_balance.posted + v_balance.overdraft - v_balance.held;
    outcome := case
      when v_order.id is null or v_order.scope_id <> p_scope_ids[i] or v_order.account_id <> p_account_ids[i] then 'unknown-order'
      when v_order.version <> p_versions[i] and exists (
        select from order_events as e where e.order_id = v_order.id and e.version = p_versions[i] + 1 and e.type = 'replaced'
          and e.qty = coalesce(p_qtys[i], e.qty) and e.limit_price = coalesce(p_limit_prices[i], e.limit_price)) then 'same'
      when v_order.version <> p_versions[i] then 'stale-version'
      when v_order.closed_at is not null then 'order-closed'
      when v_order.status in ('pending-new', 'pending-cancel') then 'order-pending'
      when v_order.type <> 'limit' then 'not-a-limit-order'
      when v_qty = v_order.qty and v_price = v_order.limit_price then 'same'
      when v_state.status not in ('pre-open', 'open') then 'market-not-open'
      when not v_keeps_priority and p_check_ids[i] is null
        and (select a.check_required from accounts as a where a.id = v_order.account_id) then 'check-missing'
      when p_valid_untils[i] < p_ats[i] + p_check_margin then 'check-expired'
      when v_qty <= v_order.cum_qty then 'quantity-below-filled'
      when v_qty % v_market.lot_size <> 0 then 'off-lot'
      when v_price <= 0 or v_price % v_market.tick_size <> 0 then 'off-tick'
      when v_qty > v_market.max_qty then 'quantity-too-large'
      when v_price > v_market.max_price then 'price-too-high'
      when v_price * v_qty < v_market.min_notional then 'below-min-notional'
      when v_more > available then 'insufficient-funds'
      else 'ok'
    end;

    seq := null;
    if outcome = 'ok' then
      v_state.last_seq := v_state.last_seq + 1;
      seq := v_state.last_seq;
      if not v_keeps_priority then
        v_state.last_accept_seq := v_state.last_accept_seq + 1;
        v_order.accept_seq := v_state.last_accept_seq;
      end if;
      v_states[s] := v_state;
      v_order.prev_status := v_order.status;
      v_order.status := case when v_order.cum_qty = 0 then 'new' else 'partially-filled' end;
      v_order.qty := v_qty;
      v_order.limit_price := v_price;
      v_order.leaves_qty := v_qty - v_order.cum_qty;
      v_order.check_id := coalesce(p_check_ids[i], v_order.check_id);
      v_order.valid_until := coalesce(p_valid_untils[i], v_order.valid_until);
      v_order.version := v_order.version + 1;
      v_orders[o] := v_order;
      v_hold.amount := v_hold.amount + greatest(v_more, 0);
      v_hold.released := v_hold.released + greatest(-v_more, 0);
      v_hold.version := v_hold.version + 1;
      v_holds[o] := v_hold;
      v_balance.held := v_balance.held + v_more;
      v_balance.version := v_balance.version + 1;
      v_balances[b] := v_balance;
      v_events := v_events || order_event(v_order, 'replaced', seq, v_order.prev_status, null, p_event_ids[i], null, p_ats[i], v_now);
      v_payloads[i] := order_json(v_order);
      v_versions[i] := v_order.version;
    elsif outcome = 'unknown-order' then
      v_order := null;
    end if;
    if outcome not in ('ok', 'insufficient-funds') then
      required := null;
      available := null;
    end if;
    order_id := p_order_ids[i]; account_id := v_order.account_id; symbol := v_order.symbol; side := v_order.side; limit_price := v_order.limit_price;
    qty := v_order.qty; status := v_order.status; version := v_order.version; accept_seq := v_order.accept_seq; cum_qty := v_order.cum_qty;
    leaves_qty := v_order.leaves_qty;
  end loop;

  if cardinality(v_events) > 0 then
    balances := store_orders(l.symbols, v_states, l.order_ids, v_orders, l.hold_ids, v_holds, l.account_ids, v_balances, v_events, v_now);
    perform append_events(p_event_ids, 'order.replaced', 'order', p_order_ids, v_versions, v_payloads, p_ats, v_now, p_contexts);
  end if;
  if n is not null then
    return next;
  end if;
end
$$;
