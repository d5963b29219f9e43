-- What is null stays as it is; p_version null means any.
-- ok | same | unknown-scenario | unknown-version | stale-version | illegal-transition
create or replace function change_scenario(p_id text, p_version bigint, p_status text, p_active_version integer)
returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_scenario scenarios;
begin
  select * into v_scenario from scenarios where id = p_id for no key update;
  outcome := case
    when v_scenario.id is null then 'unknown-scenario'
    when v_scenario.status = coalesce(p_status, v_scenario.status)
      and v_scenario.active_version = coalesce(p_active_version, v_scenario.active_version) then 'same'
    when p_version <> v_scenario.version then 'stale-version'
    when p_active_version > v_scenario.last_version then 'unknown-version'
    when p_status <> v_scenario.status and not exists (
      select from transitions where machine = 'scenario' and from_status = v_scenario.status and to_status = p_status) then 'illegal-transition'
    else 'ok'
  end;
  if outcome = 'ok' then
    update scenarios set status = coalesce(p_status, status), active_version = coalesce(p_active_version, active_version), version = version + 1
    where id = p_id;
  end if;
  return next;
end
$$;
