-- Ends open orders as canceled, expired, rejected or expired-in-match, and gives back what remains of their holds. Where a scope and an
-- account are given the order must be theirs, where a version is given it must be the present one. The last row carries the changed balances.
-- ok | same | unknown-order | order-closed | stale-version | illegal-transition
create or replace function close_orders(
  p_order_ids text[], p_scope_ids text[], p_account_ids text[], p_versions bigint[], p_statuses text[], p_reasons text[],
  p_ats timestamptz[], p_event_ids text[], p_contexts write_context[]
) returns table (
  n integer, outcome text, order_id text, account_id text, symbol text, side text, limit_price numeric, status text, reason text, version bigint,
  accept_seq bigint, seq bigint, cum_qty numeric, leaves_qty numeric, cum_quote numeric, closed_at timestamptz, balances jsonb
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
  v_state market_states;
  v_order orders;
  v_hold holds;
  v_balance balances;
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
    v_order := v_orders[o];
    if o is null then
      v_order := archived_order(p_order_ids[i]);
    end if;
    outcome := case
      when v_order.id is null or v_order.scope_id <> p_scope_ids[i] or v_order.account_id <> p_account_ids[i] then 'unknown-order'
      when v_order.status = p_statuses[i] then 'same'
      when v_order.closed_at is not null then 'order-closed'
      when v_order.version <> p_versions[i] then 'stale-version'
      when not exists (
        select from transitions as t where t.machine = 'order' and t.from_status = v_order.status and t.to_status = p_statuses[i])
        then 'illegal-transition'
      else 'ok'
    end;

    seq := null;
    if outcome = 'ok' then
      v_order.prev_status := v_order.status;
      v_order.status := p_statuses[i];
      v_order.reason := p_reasons[i];
      v_order.leaves_qty := 0;
      v_order.closed_at := p_ats[i];
      v_order.version := v_order.version + 1;
      v_orders[o] := v_order;
      v_hold := v_holds[o];
      b := array_position(l.balance_keys, v_order.account_id || ':' || v_hold.asset);
      v_balance := v_balances[b];
      v_balance.held := v_balance.held - (v_hold.amount - v_hold.captured - v_hold.released);
      v_balance.version := v_balance.version + 1;
      v_balances[b] := v_balance;
      v_hold.released := v_hold.amount - v_hold.captured;
      v_hold.state := 'released';
      v_hold.closed_at := p_ats[i];
      v_hold.version := v_hold.version + 1;
      v_holds[o] := v_hold;
      if v_order.accept_seq is not null then
        s := array_position(l.symbols, v_order.symbol);
        v_state := v_states[s];
        v_state.last_seq := v_state.last_seq + 1;
        v_states[s] := v_state;
        seq := v_state.last_seq;
      end if;
      v_events := v_events
        || order_event(v_order, 'closed', seq, v_order.prev_status, null, p_event_ids[i], v_order.reason, p_ats[i], v_now);
      v_payloads[i] := order_json(v_order);
      v_versions[i] := v_order.version;
    elsif outcome = 'unknown-order' then
      v_order := null;
    end if;
    order_id := p_order_ids[i]; account_id := v_order.account_id; symbol := v_order.symbol; side := v_order.side; limit_price := v_order.limit_price;
    status := v_order.status; reason := v_order.reason; version := v_order.version; accept_seq := v_order.accept_seq; cum_qty := v_order.cum_qty;
    leaves_qty := v_order.leaves_qty; cum_quote := v_order.cum_quote; closed_at := v_order.closed_at;
  end loop;

  if cardinality(v_events) > 0 then
    balances := store_orders(l.symbols, v_states, l.order_ids, v_orders, l.hold_ids, v_holds, l.account_ids, v_balances, v_events, v_now);
    perform append_events(p_event_ids, 'order.closed', 'order', p_order_ids, v_versions, v_payloads, p_ats, v_now, p_contexts);
  end if;
  if n is not null then
    return next;
  end if;
end
$$;
