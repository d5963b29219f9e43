-- Notes that a cancel or a replace was asked for (pending-cancel, pending-replace), or, without a status, that it was refused: the order goes back
-- to what it was. Neither the book nor the hold changes, and fills still come.
-- ok | same | unknown-order | order-closed | not-pending | illegal-transition
create or replace function mark_orders(
  p_order_ids text[], p_scope_ids text[], p_account_ids text[], p_statuses text[], p_reasons text[], p_ats timestamptz[]
) returns table (n integer, outcome text, order_id text, status text, version bigint)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_order_ids text[];
  v_orders orders[];
  v_events order_events[] := '{}';
  v_order orders;
  v_from text;
  v_to text;
  o integer;
begin
  select array_agg((l.o).id), array_agg(l.o) into v_order_ids, v_orders
  from (select o from orders as o where o.id = any (p_order_ids) order by o.id for no key update) as l;
  v_now := clock_timestamp();

  for i in 1 .. cardinality(p_order_ids) loop
    n := i;
    o := array_position(v_order_ids, p_order_ids[i]);
    v_order := case when o is null then archived_order(p_order_ids[i]) else v_orders[o] end;
    v_from := v_order.status;
    v_to := coalesce(p_statuses[i], v_order.prev_status);
    outcome := case
      when v_order.id is null or v_order.scope_id <> p_scope_ids[i] or v_order.account_id <> p_account_ids[i] then 'unknown-order'
      when v_from = v_to then 'same'
      when v_order.closed_at is not null then 'order-closed'
      when p_statuses[i] is null and v_from not in ('pending-cancel', 'pending-replace') then 'not-pending'
      when not exists (
        select from transitions as t where t.machine = 'order' and t.from_status = v_from and t.to_status = v_to) then 'illegal-transition'
      else 'ok'
    end;

    if outcome = 'ok' then
      v_order.status := v_to;
      -- From one request to another: what would be put back stays.
      v_order.prev_status := case when p_statuses[i] is not null and v_from like 'pending-%' then v_order.prev_status else v_from end;
      v_order.version := v_order.version + 1;
      v_orders[o] := v_order;
      v_events := v_events || order_event(v_order,
        case p_statuses[i] when 'pending-cancel' then 'cancel-requested' when 'pending-replace' then 'replace-requested' else 'request-rejected' end,
        null, v_from, null, null, p_reasons[i], p_ats[i], v_now);
    elsif outcome = 'unknown-order' then
      v_order := null;
    end if;
    order_id := p_order_ids[i]; status := v_order.status; version := v_order.version;
    return next;
  end loop;

  if cardinality(v_events) > 0 then
    perform store_orders(null, null, v_order_ids, v_orders, null, null, null, null, v_events, v_now);
  end if;
end
$$;
