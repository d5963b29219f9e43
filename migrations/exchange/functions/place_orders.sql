-- Accepts orders in the order given, each with its hold: worst cost and taker fee of a buy, the quantity of a sell. An order that is
-- pending (pending-new) has its hold but no place in the book yet. A check must be valid p_check_margin longer than now.
-- The last row carries the changed balances.
-- ok | same | id-conflict | unknown-account | not-a-customer | account-suspended | account-closed | kyc-rejected | unknown-market | market-not-open
-- | check-missing | check-expired | already-expired | off-lot | off-tick | quantity-too-large | price-too-high | below-min-notional
-- | too-many-digits | no-fee-schedule | insufficient-funds (with what was required and available)
create or replace function place_orders(
  p_order_ids text[], p_scope_ids text[], p_account_ids text[], p_symbols text[], p_client_order_ids text[], p_sides text[], p_types text[],
  p_tifs text[], p_qtys numeric[], p_limit_prices numeric[], p_quote_budgets numeric[], p_stp_modes text[], p_post_onlys boolean[],
  p_pendings boolean[], p_check_ids text[], p_valid_untils timestamptz[], p_expires_ats timestamptz[], p_request_hashes text[],
  p_ats timestamptz[], p_check_margin interval, p_event_ids text[], p_contexts write_context[]
) returns table (
  n integer, outcome text, order_id text, status text, version bigint, accept_seq bigint, seq bigint, cum_qty numeric, leaves_qty numeric,
  cum_quote numeric, fee_version integer, maker_rate numeric, taker_rate numeric, placed_at timestamptz, closed_at timestamptz, reason text,
  recorded_at timestamptz, required numeric, available numeric, balances jsonb
)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_symbols text[];
  v_states market_states[];
  v_balance_keys text[];
  v_balances balances[];
  v_new record;
  v_state market_states;
  v_balance balances;
  v_order orders;
  v_orders orders[] := '{}';
  v_placed_ids text[] := '{}';
  v_placed_keys text[] := '{}';
  v_holds holds[] := '{}';
  v_opened balances[] := '{}';
  v_events order_events[] := '{}';
  v_payloads jsonb[] := array_fill(null::jsonb, array[cardinality(p_order_ids)]);
  s integer;
  b integer;
begin
  select array_agg((l.s).symbol), array_agg(l.s) into v_symbols, v_states
  from (select s from market_states as s where s.symbol = any (p_symbols) order by s.symbol for no key update) as l;
  -- Against the closing of an account, which locks it for update: whoever closes it first is seen below.
  perform from accounts as a where a.id = any (p_account_ids) order by a.id for key share;
  select array_agg((l.b).account_id || ':' || (l.b).asset), array_agg(l.b) into v_balance_keys, v_balances
  from (
    select b from balances as b
    where b.account_id = any (p_account_ids) and (b.account_id, b.asset) in (
      select i.account_id, case i.side when 'buy' then m.quote else m.base end
      from unnest(p_account_ids, p_symbols, p_sides) as i (account_id, symbol, side)
      join markets as m on m.symbol = i.symbol and m.symbol = any (p_symbols))
    order by b.account_id, b.asset for no key update of b) as l;
  v_now := clock_timestamp();

  for v_new in
    select i.*, a.kind, a.status as account_status, a.kyc_status, a.check_required, leg.gives, leg.gets, m.quote_scale, m.tick_size, m.lot_size,
      m.min_notional, m.max_price, m.max_qty, f.version as fee_version, f.maker, f.taker, coalesce(taken.id, known.id) as existing_id,
      r.account_id is null as opens
    from unnest(p_order_ids, p_scope_ids, p_account_ids, p_symbols, p_client_order_ids, p_sides, p_types, p_tifs, p_qtys, p_limit_prices,
      p_quote_budgets, p_stp_modes, p_post_onlys, p_pendings, p_check_ids, p_valid_untils, p_expires_ats, p_request_hashes, p_ats, p_event_ids)
      with ordinality as i (id, scope_id, account_id, symbol, client_order_id, side, type, tif, qty, limit_price, quote_budget,
      stp_mode, post_only, pending, check_id, valid_until, expires_at, request_hash, at, event_id, n)
    left join accounts as a on a.id = i.account_id and a.scope_id = i.scope_id and a.id = any (p_account_ids)
    left join markets as m on m.symbol = i.symbol and m.symbol = any (p_symbols)
    cross join lateral (
      select case i.side when 'buy' then m.quote else m.base end as gives, case i.side when 'buy' then m.base else m.quote end as gets) as leg
    left join balances as r on r.account_id = i.account_id and r.asset = leg.gets and r.account_id = any (p_account_ids)
    left join market_states as s on s.symbol = i.symbol and s.symbol = any (p_symbols)
    left join fee_schedules as f on f.version = s.fee_version and f.tier = a.fee_tier
    left join lateral (
      select o.id from orders as o where o.id = i.id
      union all select o.id from order_archive as o where o.id = i.id) as taken on true
    left join lateral (
      select o.id from orders as o where o.account_id = i.account_id and o.client_order_id = i.client_order_id
      union all select o.id from order_archive as o where o.account_id = i.account_id and o.client_order_id = i.client_order_id) as known on true
    order by i.n
  loop
    if v_new.n > 1 then
      return next;
    end if;
    n := v_new.n;
    s := array_position(v_symbols, v_new.symbol);
    v_state := v_states[s];
    b := array_position(v_balance_keys, v_new.account_id || ':' || v_new.gives);
    v_balance := v_balances[b];
    required := coalesce(v_new.limit_price * v_new.qty, v_new.quote_budget);
    outcome := case
      when v_new.kind is null then 'unknown-account'
      when v_new.existing_id is not null then 'same'
      when v_new.kind <> 'customer' then 'not-a-customer'
      when v_new.account_status <> 'active' then 'account-' || v_new.account_status
      when v_new.kyc_status = 'rejected' then 'kyc-rejected'
      when v_state.symbol is null then 'unknown-market'
      when v_state.status not in ('pre-open', 'open') then 'market-not-open'
      when v_new.check_required and v_new.check_id is null then 'check-missing'
      when v_new.valid_until < v_new.at + p_check_margin then 'check-expired'
      when v_new.expires_at <= v_new.at then 'already-expired'
      when v_new.qty <= 0 or v_new.qty % v_new.lot_size <> 0 then 'off-lot'
      when v_new.qty > v_new.max_qty then 'quantity-too-large'
      when v_new.limit_price <= 0 or v_new.limit_price % v_new.tick_size <> 0 then 'off-tick'
      when v_new.limit_price > v_new.max_price or v_new.quote_budget > v_new.max_price * v_new.max_qty then 'price-too-high'
      when scale(trim_scale(v_new.quote_budget)) > v_new.quote_scale then 'too-many-digits'
      when required < v_new.min_notional or required <= 0 then 'below-min-notional'
      when v_new.taker is null then 'no-fee-schedule'
      else 'ok'
    end;
    required := case v_new.side when 'sell' then v_new.qty else required + round_up(required * v_new.taker, v_new.quote_scale) end;
    available := coalesce(v_balance.posted + v_balance.overdraft - v_balance.held, 0);
    if outcome = 'ok' and required > available then
      outcome := 'insufficient-funds';
    end if;

    v_order := null;
    seq := null;
    if outcome = 'same' then
      select * into v_order from orders where id = v_new.existing_id;
      if v_order.id is null then
        v_order := archived_order(v_new.existing_id);
      end if;
      outcome := case when v_order.request_hash = v_new.request_hash then 'same' else 'id-conflict' end;
    elsif outcome in ('ok', 'insufficient-funds') then
      -- Twice in one batch: as if the second had come after the first.
      v_order := v_orders[coalesce(array_position(v_placed_ids, v_new.id),
        array_position(v_placed_keys, coalesce(v_new.account_id || ' ' || v_new.client_order_id, '')))];
      if v_order.id is not null then
        outcome := case when v_order.request_hash = v_new.request_hash then 'same' else 'id-conflict' end;
      end if;
    end if;

    if outcome = 'ok' then
      if not v_new.pending then
        v_state.last_seq := v_state.last_seq + 1;
        v_state.last_accept_seq := v_state.last_accept_seq + 1;
        v_states[s] := v_state;
        seq := v_state.last_seq;
      end if;
      v_order := row(v_new.id, v_new.scope_id, v_new.account_id, v_new.symbol, v_new.client_order_id, v_new.side, v_new.type, v_new.tif, v_new.qty,
        v_new.limit_price, null, v_new.quote_budget, 0, v_new.qty, 0, case when v_new.pending then 'pending-new' else 'new' end, null, null, 1,
        case when not v_new.pending then v_state.last_accept_seq end, v_new.fee_version, v_new.maker, v_new.taker, v_new.stp_mode, v_new.post_only,
        v_new.check_id, v_new.valid_until, v_new.expires_at, v_new.request_hash, v_new.at, null, v_now)::orders;
      v_balance.held := v_balance.held + required;
      v_balance.version := v_balance.version + 1;
      v_balances[b] := v_balance;
      v_orders := v_orders || v_order;
      v_placed_ids := v_placed_ids || v_order.id;
      v_placed_keys := v_placed_keys || (v_order.account_id || ' ' || v_order.client_order_id);
      v_holds := v_holds || row(null, 'in-order', v_order.id, v_order.scope_id, v_order.account_id, v_balance.asset, required, 0, 0, 'open', null,
        v_order.request_hash, null, null, 1, v_order.placed_at, null, v_now)::holds;
      v_events := v_events || order_event(v_order, 'placed', seq, null, null, v_new.event_id, null, v_new.at, v_now);
      v_payloads[n] := order_json(v_order);
      if v_new.opens then
        -- Where the fills will go: who settles finds every balance it needs.
        v_opened := v_opened || row(v_order.account_id, v_new.gets, v_order.scope_id, 'customer', 0, 0, 0, 1, v_now)::balances;
      end if;
    elsif outcome not in ('same', 'insufficient-funds') then
      required := null;
      available := null;
    end if;
    if outcome in ('ok', 'same') then
      order_id := v_order.id; status := v_order.status; version := v_order.version; accept_seq := v_order.accept_seq; cum_qty := v_order.cum_qty;
      leaves_qty := v_order.leaves_qty; cum_quote := v_order.cum_quote; fee_version := v_order.fee_version; maker_rate := v_order.maker_rate;
      taker_rate := v_order.taker_rate; placed_at := v_order.placed_at; closed_at := v_order.closed_at; reason := v_order.reason;
      recorded_at := v_order.recorded_at;
    else
      order_id := v_new.id; status := null; version := null; accept_seq := null; cum_qty := null; leaves_qty := null; cum_quote := null;
      fee_version := null; maker_rate := null; taker_rate := null; placed_at := null; closed_at := null; reason := null; recorded_at := null;
    end if;
  end loop;

  if cardinality(v_orders) > 0 then
    with ordered as (
      insert into orders (id, scope_id, account_id, symbol, client_order_id, side, type, tif, qty, limit_price, quote_budget, leaves_qty, status,
        accept_seq, fee_version, maker_rate, taker_rate, stp_mode, post_only, check_id, valid_until, expires_at, request_hash, placed_at, recorded_at)
      select id, scope_id, account_id, symbol, client_order_id, side, type, tif, qty, limit_price, quote_budget, leaves_qty, status,
        accept_seq, fee_version, maker_rate, taker_rate, stp_mode, post_only, check_id, valid_until, expires_at, request_hash, placed_at, recorded_at
      from unnest(v_orders)
    ),
    held as (
      insert into holds (kind, reference, scope_id, account_id, asset, amount, request_hash, placed_at, recorded_at)
      select kind, reference, scope_id, account_id, asset, amount, request_hash, placed_at, recorded_at from unnest(v_holds)
    )
    insert into balances select * from unnest(v_opened) order by account_id, asset on conflict do nothing;
    balances := store_orders(v_symbols, v_states, null, null, null, null, p_account_ids, v_balances, v_events, v_now);
    perform append_events(p_event_ids, 'order.placed', 'order', p_order_ids, array_fill(1::bigint, array[cardinality(p_order_ids)]), v_payloads,
      p_ats, v_now, p_contexts);
  end if;
  if n is not null then
    return next;
  end if;
end
$$;
