-- p_version null means any.
-- ok | same | unknown-scenario-run | stale-version | illegal-transition | stale-fence | fence-required
create or replace function change_scenario_run(
  p_id text, p_version bigint, p_state text, p_reason text, p_run_id text, p_fence bigint, p_at timestamptz, p_event_id text,
  p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_run scenario_runs;
begin
  select * into v_run from scenario_runs where id = p_id for no key update;
  outcome := case
    when v_run.id is null then 'unknown-scenario-run'
    when v_run.state = p_state then 'same'
    when p_version <> v_run.version then 'stale-version'
    when not exists (
      select from transitions where machine = 'scenario-run' and from_status = v_run.state and to_status = p_state) then 'illegal-transition'
    else may_act(v_run.run_id, p_run_id, p_fence)
  end;
  if outcome is null and p_run_id is not null and not raise_fence(p_run_id, p_fence) then
    outcome := 'stale-fence';
  end if;
  if outcome is null then
    outcome := 'ok';
    update scenario_runs set state = p_state, reason = p_reason, fence = coalesce(p_fence, fence), version = version + 1, changed_at = p_at
    where id = p_id returning * into v_run;
    perform scenario_run_event(v_run, p_event_id, p_at, p_context);
  end if;
  return next;
end
$$;
