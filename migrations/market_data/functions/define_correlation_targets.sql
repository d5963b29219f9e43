-- A matrix of targets, never changed after. ok | same | id-conflict | unknown-instrument | unknown-scenario-version
create or replace function define_correlation_targets(
  p_id text, p_symbols text[], p_firsts text[], p_seconds text[], p_targets double precision[], p_scenario_id text, p_scenario_version integer,
  p_request_hash text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
begin
  select request_hash into v_hash from correlation_target_sets where id = p_id;
  outcome := case
    when v_hash = p_request_hash then 'same'
    when v_hash is not null then 'id-conflict'
    when exists (select from unnest(p_symbols) as s where s not in (select symbol from instruments)) then 'unknown-instrument'
    when p_scenario_id is not null and not exists (
      select from scenario_versions where scenario_id = p_scenario_id and version = p_scenario_version) then 'unknown-scenario-version'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into correlation_target_sets (id, symbols, scenario_id, scenario_version, request_hash, defined_at)
    values (p_id, p_symbols, p_scenario_id, p_scenario_version, p_request_hash, p_at)
    on conflict (id) do nothing;
    if found then
      insert into correlation_targets (set_id, first_symbol, second_symbol, target)
      select p_id, i.* from unnest(p_firsts, p_seconds, p_targets) as i;
    else
      select case when request_hash = p_request_hash then 'same' else 'id-conflict' end into outcome from correlation_target_sets where id = p_id;
    end if;
  end if;
  return next;
end
$$;
