-- ok | same | id-conflict | unknown-scenario | unknown-version
create or replace function define_schedule(
  p_id text, p_scenario_id text, p_scenario_version integer, p_cron text, p_time_zone text, p_overlap text, p_catchup interval, p_parameters jsonb,
  p_lock_name text, p_next_at timestamptz, p_request_hash text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
  v_last integer;
begin
  select request_hash into v_hash from schedules where id = p_id;
  select last_version into v_last from scenarios where id = p_scenario_id;
  outcome := case
    when v_hash = p_request_hash then 'same'
    when v_hash is not null then 'id-conflict'
    when v_last is null then 'unknown-scenario'
    when p_scenario_version > v_last then 'unknown-version'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into schedules (id, scenario_id, scenario_version, cron, time_zone, overlap, catchup, parameters, lock_name, next_at, request_hash, created_at)
    values (p_id, p_scenario_id, p_scenario_version, p_cron, p_time_zone, p_overlap, p_catchup, p_parameters, p_lock_name, p_next_at, p_request_hash, p_at)
    on conflict (id) do nothing;
    if not found then
      select case when request_hash = p_request_hash then 'same' else 'id-conflict' end into outcome from schedules where id = p_id;
    end if;
  end if;
  return next;
end
$$;
