-- Settles matches in the order given: a trade, its double entry, both orders and their holds. A fill is paid out of the hold at the fill
-- price; the last fill of an order gives the rest of its hold back. Fees: the order's own rates, rounded down to the quote asset's scale.
-- The engine of a market holds its lease `matching/<symbol>`: a match under another fence than the present one is refused.
-- The last row carries the changed balances.
-- ok | same | id-conflict | unknown-market | stale-lease | market-not-open | unknown-order | wrong-market | same-side | self-trade | post-only
-- | order-closed | order-pending | order-expired | off-tick | off-lot | price-outside-limit | quantity-exceeded | budget-exceeded
create or replace function settle_matches(
  p_match_ids text[], p_symbols text[], p_maker_order_ids text[], p_taker_order_ids text[], p_prices numeric[], p_qtys numeric[],
  p_fences bigint[], p_venue text, p_ats timestamptz[], p_event_ids text[], p_contexts write_context[]
) returns table (
  n integer, outcome text, trade_seq bigint, quote_qty numeric, maker_fee numeric, taker_fee numeric, fee_asset text, taker_side text,
  maker_account_id text, taker_account_id text, matched_at timestamptz, recorded_at timestamptz,
  maker_seq bigint, maker_version bigint, maker_status text, maker_leaves numeric,
  taker_seq bigint, taker_version bigint, taker_status text, taker_leaves numeric, balances jsonb
)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_leases text[];
  v_fences bigint[];
  v_symbols text[];
  v_markets markets[];
  v_states market_states[];
  v_order_ids text[];
  v_orders orders[];
  v_hold_ids text[];
  v_holds holds[];
  v_account_ids text[];
  v_balance_keys text[];
  v_balances balances[];
  v_trade_ids text[];
  v_trades trades[];
  v_new_trades trades[] := '{}';
  v_entries entries[] := '{}';
  v_events order_events[] := '{}';
  v_payloads jsonb[] := array_fill(null::jsonb, array[cardinality(p_match_ids)]);
  v_trade_seqs bigint[] := array_fill(null::bigint, array[cardinality(p_match_ids)]);
  v_market markets;
  v_state market_states;
  v_maker orders;
  v_taker orders;
  v_order orders;
  v_hold holds;
  v_balance balances;
  v_trade trades;
  v_sides jsonb;
  v_from text;
  v_fee numeric;
  v_paid numeric;
  v_received numeric;
  s integer;
  mk integer;
  tk integer;
  o integer;
  b integer;
begin
  -- Shared: a new engine waits for what the old one has under way, and then sees all of it.
  select array_agg(l.name), array_agg(l.fence) into v_leases, v_fences
  from (select name, fence from leases where name = any (array(select 'matching/' || i from unnest(p_symbols) as i)) order by name for share) as l;
  select l.* into v_symbols, v_markets, v_states, v_order_ids, v_orders, v_hold_ids, v_holds, v_account_ids, v_balance_keys, v_balances
  from lock_orders(p_symbols, p_maker_order_ids || p_taker_order_ids) as l;
  select coalesce(array_agg(t.id), '{}'), coalesce(array_agg(t), '{}') into v_trade_ids, v_trades from trades as t where t.id = any (p_match_ids);
  v_now := clock_timestamp();

  for i in 1 .. cardinality(p_match_ids) loop
    if i > 1 then
      return next;
    end if;
    s := array_position(v_symbols, p_symbols[i]);
    mk := array_position(v_order_ids, p_maker_order_ids[i]);
    tk := array_position(v_order_ids, p_taker_order_ids[i]);
    v_market := v_markets[s];
    v_state := v_states[s];
    v_maker := v_orders[mk];
    v_taker := v_orders[tk];
    v_trade := v_trades[array_position(v_trade_ids, p_match_ids[i])];
    n := i;
    quote_qty := p_prices[i] * p_qtys[i];
    outcome := case
      when v_trade.id is not null then
        case when (v_trade.symbol, v_trade.maker_order_id, v_trade.taker_order_id, v_trade.price, v_trade.qty)
          = (p_symbols[i], p_maker_order_ids[i], p_taker_order_ids[i], p_prices[i], p_qtys[i]) then 'same' else 'id-conflict' end
      when v_market.symbol is null then 'unknown-market'
      when v_fences[array_position(v_leases, 'matching/' || p_symbols[i])] is distinct from p_fences[i] then 'stale-lease'
      when v_state.status <> 'open' then 'market-not-open'
      when v_maker.id is null or v_taker.id is null then 'unknown-order'
      when v_maker.symbol <> p_symbols[i] or v_taker.symbol <> p_symbols[i] then 'wrong-market'
      when v_maker.side = v_taker.side then 'same-side'
      when v_maker.account_id = v_taker.account_id and v_taker.stp_mode <> 'none' then 'self-trade'
      when v_taker.post_only then 'post-only'
      when v_maker.closed_at is not null or v_taker.closed_at is not null then 'order-closed'
      when v_maker.status = 'pending-new' or v_taker.status = 'pending-new' then 'order-pending'
      when p_ats[i] >= least(v_maker.expires_at, v_taker.expires_at) then 'order-expired'
      when p_prices[i] <= 0 or p_prices[i] % v_market.tick_size <> 0 then 'off-tick'
      when p_qtys[i] <= 0 or p_qtys[i] % v_market.lot_size <> 0 then 'off-lot'
      when p_prices[i] > case v_maker.side when 'buy' then v_maker.limit_price else v_taker.limit_price end
        or p_prices[i] < case v_maker.side when 'buy' then v_taker.limit_price else v_maker.limit_price end then 'price-outside-limit'
      when p_qtys[i] > v_maker.leaves_qty or p_qtys[i] > v_taker.leaves_qty then 'quantity-exceeded'
      when v_maker.cum_quote + quote_qty > v_maker.quote_budget or v_taker.cum_quote + quote_qty > v_taker.quote_budget then 'budget-exceeded'
      else 'ok'
    end;

    if outcome = 'ok' then
      v_state.last_trade_seq := v_state.last_trade_seq + 1;
      v_state.last_price := p_prices[i];
      v_trade := row(p_match_ids[i], p_symbols[i], v_state.last_trade_seq, v_maker.id, v_taker.id, v_maker.account_id, v_taker.account_id,
        v_taker.side, p_prices[i], p_qtys[i], quote_qty, trunc(quote_qty * v_maker.maker_rate, v_market.quote_scale),
        trunc(quote_qty * v_taker.taker_rate, v_market.quote_scale), v_market.quote, p_event_ids[i], p_ats[i], v_now)::trades;
      v_sides := '[]';
      for side in 1 .. 2 loop
        o := case side when 1 then mk else tk end;
        v_order := v_orders[o];
        v_fee := case side when 1 then v_trade.maker_fee else v_trade.taker_fee end;
        v_paid := case v_order.side when 'buy' then quote_qty + v_fee else v_trade.qty end;
        v_received := case v_order.side when 'buy' then v_trade.qty else quote_qty - v_fee end;

        v_from := v_order.status;
        v_order.cum_qty := v_order.cum_qty + v_trade.qty;
        v_order.leaves_qty := v_order.leaves_qty - v_trade.qty;
        v_order.cum_quote := v_order.cum_quote + quote_qty;
        v_order.version := v_order.version + 1;
        v_order.status := case when v_order.leaves_qty = 0 then 'filled' when v_from like 'pending-%' then v_from else 'partially-filled' end;
        -- A request that is still pending would be put back to what the order now is.
        v_order.prev_status := case when v_order.status like 'pending-%' then 'partially-filled' else v_from end;
        v_hold := v_holds[o];
        v_hold.captured := v_hold.captured + v_paid;
        v_hold.version := v_hold.version + 1;
        b := array_position(v_balance_keys, v_order.account_id || ':' || v_hold.asset);
        v_balance := v_balances[b];
        v_balance.posted := v_balance.posted - v_paid;
        v_balance.held := v_balance.held - v_paid;
        v_balance.version := v_balance.version + 1;
        if v_order.status = 'filled' then
          v_order.closed_at := p_ats[i];
          v_balance.held := v_balance.held - (v_hold.amount - v_hold.captured - v_hold.released);
          v_hold.released := v_hold.amount - v_hold.captured;
          v_hold.state := 'captured';
          v_hold.closed_at := p_ats[i];
        end if;
        v_orders[o] := v_order;
        v_holds[o] := v_hold;
        v_balances[b] := v_balance;
        v_entries := v_entries || row('trade:' || v_trade.id, 2 * side - 1, v_order.account_id, v_balance.asset, -v_paid,
          v_balance.posted, v_balance.version, null, v_now)::entries;

        b := array_position(v_balance_keys, v_order.account_id || ':' || case v_order.side when 'buy' then v_market.base else v_market.quote end);
        v_balance := v_balances[b];
        v_balance.posted := v_balance.posted + v_received;
        v_balance.version := v_balance.version + 1;
        v_balances[b] := v_balance;
        v_entries := v_entries || row('trade:' || v_trade.id, 2 * side, v_order.account_id, v_balance.asset, v_received,
          v_balance.posted, v_balance.version, null, v_now)::entries;

        v_state.last_seq := v_state.last_seq + 1;
        v_events := v_events || order_event(v_order, 'filled', v_state.last_seq, v_from, v_trade.id, null, null, p_ats[i], v_now);
        v_sides := v_sides || jsonb_build_object('orderId', v_order.id, 'accountId', v_order.account_id, 'side', v_order.side,
          'liquidity', case side when 1 then 'maker' else 'taker' end, 'cum', trim_scale(v_order.cum_qty)::text,
          'leaves', trim_scale(v_order.leaves_qty)::text, 'status', v_order.status, 'orderVersion', v_order.version,
          'fee', trim_scale(v_fee)::text, 'feeAsset', v_market.quote);
      end loop;
      v_states[s] := v_state;
      v_maker := v_orders[mk];
      v_taker := v_orders[tk];
      if v_trade.maker_fee + v_trade.taker_fee > 0 then
        v_entries := v_entries || row('trade:' || v_trade.id, 5, v_market.fee_account_id, v_market.quote,
          v_trade.maker_fee + v_trade.taker_fee, null, null, null, v_now)::entries;
      end if;
      v_trade_ids := v_trade_ids || v_trade.id;
      v_trades := v_trades || v_trade;
      v_new_trades := v_new_trades || v_trade;
      v_trade_seqs[i] := v_trade.trade_seq;
      v_payloads[i] := jsonb_build_object('tradeId', v_trade.id, 'venue', p_venue, 'symbol', v_trade.symbol, 'tradeSeq', v_trade.trade_seq,
        'price', trim_scale(v_trade.price)::text, 'quantity', trim_scale(v_trade.qty)::text, 'quoteQuantity', trim_scale(quote_qty)::text,
        'takerSide', v_trade.taker_side, 'matchedAt', instant_text(v_trade.matched_at), 'sides', v_sides);
      maker_seq := v_state.last_seq - 1; maker_version := v_maker.version; maker_status := v_maker.status; maker_leaves := v_maker.leaves_qty;
      taker_seq := v_state.last_seq; taker_version := v_taker.version; taker_status := v_taker.status; taker_leaves := v_taker.leaves_qty;
    else
      if outcome <> 'same' then
        v_trade := null;
      end if;
      maker_seq := null; maker_version := null; maker_status := null; maker_leaves := null;
      taker_seq := null; taker_version := null; taker_status := null; taker_leaves := null;
    end if;
    trade_seq := v_trade.trade_seq; quote_qty := v_trade.quote_qty; maker_fee := v_trade.maker_fee; taker_fee := v_trade.taker_fee;
    fee_asset := v_trade.fee_asset; taker_side := v_trade.taker_side; maker_account_id := v_trade.maker_account_id;
    taker_account_id := v_trade.taker_account_id; matched_at := v_trade.matched_at; recorded_at := v_trade.recorded_at;
  end loop;

  if cardinality(v_new_trades) > 0 then
    with traded as (
      insert into trades select * from unnest(v_new_trades)
    ),
    journaled as (
      insert into journal_transactions (kind, reference, effective_at, recorded_at)
      select 'trade', t.id, t.matched_at, v_now from unnest(v_new_trades) as t
    ),
    left_to_fold as (
      insert into balance_deltas (account_id, asset, amount)
      select e.account_id, e.asset, sum(e.amount) from unnest(v_entries) as e where e.balance_after is null group by e.account_id, e.asset
    )
    insert into entries select * from unnest(v_entries);
    balances := store_orders(v_symbols, v_states, v_order_ids, v_orders, v_hold_ids, v_holds, v_account_ids, v_balances, v_events, v_now);
    perform append_events(p_event_ids, 'trade.settled', 'trade', p_symbols, v_trade_seqs, v_payloads, p_ats, v_now, p_contexts);
  end if;
  if n is not null then
    return next;
  end if;
end
$$;
