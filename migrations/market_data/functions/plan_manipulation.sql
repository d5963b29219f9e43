-- ok | same | id-conflict | unknown-instrument | already-ended | stale-fence
create or replace function plan_manipulation(
  p_id text, p_symbol text, p_kind text, p_modifier jsonb, p_ends_at timestamptz, p_cause text, p_run_id text, p_fence bigint,
  p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_hash text;
  v_manipulation manipulations;
begin
  select request_hash into v_hash from manipulations where id = p_id;
  outcome := case
    when v_hash = p_request_hash then 'same'
    when v_hash is not null then 'id-conflict'
    when not exists (select from instruments where symbol = p_symbol) then 'unknown-instrument'
    when p_ends_at <= p_at then 'already-ended'
    else may_act(null, p_run_id, p_fence)
  end;
  if outcome is null and p_run_id is not null and not raise_fence(p_run_id, p_fence) then
    outcome := 'stale-fence';
  end if;
  if outcome is null then
    insert into manipulated_symbols (symbol) values (p_symbol) on conflict do nothing;
    insert into manipulations (id, symbol, kind, modifier, ends_at, run_id, fence, request_hash, planned_at, changed_at)
    values (p_id, p_symbol, p_kind, p_modifier, p_ends_at, p_run_id, p_fence, p_request_hash, p_at, p_at)
    on conflict (id) do nothing
    returning * into v_manipulation;
    if v_manipulation.id is not null then
      outcome := 'ok';
      perform manipulation_transition(v_manipulation, null, p_cause, p_fence, p_event_id, p_at, p_context);
    else
      select case when request_hash = p_request_hash then 'same' else 'id-conflict' end into outcome from manipulations where id = p_id;
    end if;
  end if;
  return next;
end
$$;
