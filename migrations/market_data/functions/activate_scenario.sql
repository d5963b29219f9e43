-- ok | same | unknown-scenario | unknown-scenario-version
create or replace function activate_scenario(p_id text, p_version integer) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_scenario scenarios;
begin
  select * into v_scenario from scenarios where id = p_id for no key update;
  outcome := case
    when v_scenario.id is null then 'unknown-scenario'
    when p_version > v_scenario.last_version then 'unknown-scenario-version'
    when p_version = v_scenario.active_version then 'same'
    else 'ok'
  end;
  if outcome = 'ok' then
    update scenarios set active_version = p_version where id = p_id;
  end if;
  return next;
end
$$;
