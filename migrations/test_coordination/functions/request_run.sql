-- A run of a version, or of the active one where none is named.
-- ok | same | id-conflict | unknown-scenario | unknown-version | scenario-archived | unknown-replayed-run
create or replace function request_run(
  p_id text, p_scenario_id text, p_scenario_version integer, p_seed text, p_parameters jsonb, p_recipe jsonb, p_environment text,
  p_replay_of text, p_rollback text, p_protected boolean, p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
  v_scenario scenarios;
  v_version integer;
begin
  select request_hash into v_hash from runs where id = p_id;
  select * into v_scenario from scenarios where id = p_scenario_id for key share;
  v_version := coalesce(p_scenario_version, v_scenario.active_version);
  outcome := case
    when v_hash = p_request_hash then 'same'
    when v_hash is not null then 'id-conflict'
    when v_scenario.id is null then 'unknown-scenario'
    when v_version > v_scenario.last_version then 'unknown-version'
    when v_scenario.status = 'archived' then 'scenario-archived'
    when p_replay_of is not null and not exists (select from runs where id = p_replay_of) then 'unknown-replayed-run'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into runs (id, scenario_id, scenario_version, seed, parameters, recipe, environment, replay_of, rollback, protected,
      request_hash, requested_at)
    values (p_id, p_scenario_id, v_version, p_seed, p_parameters, p_recipe, p_environment, p_replay_of, p_rollback, p_protected,
      p_request_hash, p_at)
    on conflict (id) do nothing;
    if found then
      perform append_run_event(p_id, null, p_at, p_event_id, p_context);
    else
      select case when request_hash = p_request_hash then 'same' else 'id-conflict' end into outcome from runs where id = p_id;
    end if;
  end if;
  return next;
end
$$;
