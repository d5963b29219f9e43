-- Gives pending orders their place in the book; rejecting one is closing it.
-- ok | same | unknown-order | order-closed | market-not-open
create or replace function accept_orders(p_order_ids text[], p_ats timestamptz[], p_event_ids text[], p_contexts write_context[])
returns table (n integer, outcome text, order_id text, status text, version bigint, accept_seq bigint, seq bigint)
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
  v_events order_events[] := '{}';
  v_payloads jsonb[] := array_fill(null::jsonb, array[cardinality(p_order_ids)]);
  v_versions bigint[] := array_fill(null::bigint, array[cardinality(p_order_ids)]);
  v_state market_states;
  v_order orders;
  s integer;
  o integer;
begin
  select * into l from lock_orders(null, p_order_ids);
  v_states := l.states; v_orders := l.orders;
  v_now := clock_timestamp();

  for i in 1 .. cardinality(p_order_ids) loop
    n := i;
    o := array_position(l.order_ids, p_order_ids[i]);
    v_order := case when o is null then archived_order(p_order_ids[i]) else v_orders[o] end;
    s := array_position(l.symbols, v_order.symbol);
    v_state := v_states[s];
    outcome := case
      when v_order.id is null then 'unknown-order'
      when v_order.closed_at is not null then 'order-closed'
      when v_order.status <> 'pending-new' then 'same'
      when v_state.status not in ('pre-open', 'open') then 'market-not-open'
      else 'ok'
    end;

    seq := null;
    if outcome = 'ok' then
      v_state.last_seq := v_state.last_seq + 1;
      v_state.last_accept_seq := v_state.last_accept_seq + 1;
      v_states[s] := v_state;
      seq := v_state.last_seq;
      v_order.prev_status := v_order.status;
      v_order.status := 'new';
      v_order.accept_seq := v_state.last_accept_seq;
      v_order.version := v_order.version + 1;
      v_orders[o] := v_order;
      v_events := v_events || order_event(v_order, 'accepted', seq, v_order.prev_status, null, p_event_ids[i], null, p_ats[i], v_now);
      v_payloads[i] := order_json(v_order);
      v_versions[i] := v_order.version;
    end if;
    order_id := p_order_ids[i]; status := v_order.status; version := v_order.version; accept_seq := v_order.accept_seq;
    return next;
  end loop;

  if cardinality(v_events) > 0 then
    perform store_orders(l.symbols, v_states, l.order_ids, v_orders, l.hold_ids, l.holds, l.account_ids, l.balances, v_events, v_now);
    perform append_events(p_event_ids, 'order.placed', 'order', p_order_ids, v_versions, v_payloads, p_ats, v_now, p_contexts);
  end if;
end
$$;
