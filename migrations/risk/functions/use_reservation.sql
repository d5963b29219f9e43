-- A fill or an end uses what is reserved for an order: leaves fall by p_qty (all of them where p_how is given), and at zero it has ended.
-- The caller holds the scopes. Answers whether there was something to use.
create or replace function use_reservation(
  p_counted text[], p_order_id text, p_qty numeric, p_how text, p_at timestamptz, p_event_id text, p_context write_context
) returns boolean
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
declare
  r reservations;
  v_used numeric;
  v_ended boolean;
begin
  select * into r from reservations where order_id = p_order_id for no key update;
  if r.order_id is null or r.state = 'ended' then
    return false;
  end if;
  v_used := case when p_how is null then least(r.leaves, p_qty) else r.leaves end;
  v_ended := v_used = r.leaves;
  update reservations set leaves = leaves - v_used, state = case when v_ended then 'ended' else 'working' end,
    ended_how = case when v_ended then coalesce(p_how, 'filled') end, ended_at = case when v_ended then p_at end,
    version = version + 1, recorded_at = clock_timestamp()
  where order_id = p_order_id
  returning * into r;
  perform change_exposure(p_counted, r.account_id, r.strategy_id, r.venue, r.symbol, 0, 0,
    case r.side when 'buy' then -v_used else 0 end, case r.side when 'sell' then -v_used else 0 end, case when v_ended then -1 else 0 end);
  if p_how is not null then
    -- What was never bought or sold no longer counts towards the limits of its day.
    update limit_windows as w set used = greatest(0, w.used - case l.metric when 'daily-quantity' then v_used else round(v_used * coalesce(r.price, 0), 18) end)
    from current_limits as l
    where l.id = w.limit_id and l.metric in ('daily-quantity', 'daily-value') and w.since <= r.reserved_at
      and l.scope = any (scope_keys(r.account_id, r.strategy_id, r.venue, r.symbol));
  end if;
  if v_ended then
    perform append_event(p_event_id, 'reservation.ended', 'reservation', r.order_id, r.version, jsonb_strip_nulls(jsonb_build_object(
      'orderId', r.order_id, 'checkId', r.check_id, 'accountId', r.account_id, 'symbol', r.symbol, 'side', r.side, 'quantity',
      trim_scale(r.qty)::text, 'unused', trim_scale(case when p_how is null then 0 else v_used end)::text, 'how', r.ended_how)), p_at, p_context);
  end if;
  return true;
end
$$;
