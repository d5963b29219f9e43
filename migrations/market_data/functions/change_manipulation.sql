-- One step of a manipulation. p_at may not lie before its last one; p_version null means any. Answers what Redis is to keep for the symbol.
-- ok | same | unknown-manipulation | stale-version | illegal-transition | out-of-order | already-ended | already-manipulated | stale-fence
-- | fence-required
create or replace function change_manipulation(
  p_id text, p_version bigint, p_state text, p_cause text, p_run_id text, p_fence bigint, p_at timestamptz, p_event_id text,
  p_context write_context
) returns table (outcome text, symbol text, version bigint, live jsonb)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_before manipulations;
  v_manipulation manipulations;
begin
  select m.symbol into symbol from manipulations as m where m.id = p_id;
  perform from manipulated_symbols as s where s.symbol = change_manipulation.symbol for no key update;
  select * into v_before from manipulations as m where m.id = p_id for no key update;
  outcome := case
    when v_before.id is null then 'unknown-manipulation'
    when v_before.state = p_state then 'same'
    when p_version <> v_before.version then 'stale-version'
    when not exists (
      select from transitions where machine = 'manipulation' and from_status = v_before.state and to_status = p_state) then 'illegal-transition'
    when p_at < v_before.changed_at then 'out-of-order'
    when p_state <> 'recovered' and p_at >= v_before.ends_at then 'already-ended'
    when p_state in ('injecting', 'active', 'paused') and exists (
      select from manipulations as m
      where m.symbol = v_before.symbol and m.kind = v_before.kind and m.state in ('injecting', 'active', 'paused') and m.id <> p_id)
      then 'already-manipulated'
    else may_act(v_before.run_id, p_run_id, p_fence)
  end;
  if outcome is null and p_run_id is not null and not raise_fence(p_run_id, p_fence) then
    outcome := 'stale-fence';
  end if;
  if outcome is null then
    outcome := 'ok';
    update manipulations as m set state = p_state, fence = coalesce(p_fence, m.fence), version = m.version + 1, changed_at = p_at
    where m.id = p_id returning m.* into v_manipulation;
    perform manipulation_transition(v_manipulation, v_before.state, p_cause, p_fence, p_event_id, p_at, p_context);
    update manipulated_symbols as s set version = s.version + 1 where s.symbol = v_manipulation.symbol;
  end if;
  if outcome in ('ok', 'same') then
    select l.version, l.live into version, live from live_manipulations(symbol) as l;
  end if;
  return next;
end
$$;
