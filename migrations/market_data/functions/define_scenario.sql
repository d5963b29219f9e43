-- A version of a scenario, the next one or one that is there already; the first is active at once, later ones by activate_scenario.
-- ok | same | id-conflict | version-gap | unknown-instrument
create or replace function define_scenario(
  p_id text, p_version integer, p_name text, p_spec jsonb, p_spec_hash text, p_symbols text[], p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_scenario scenarios;
  v_hash text;
begin
  -- Two definitions of one scenario at once: the second waits, then compares.
  perform pg_advisory_xact_lock(hashtextextended(current_schema() || ' scenario', hashtext(p_id)));
  select * into v_scenario from scenarios where id = p_id for no key update;
  select spec_hash into v_hash from scenario_versions where scenario_id = p_id and version = p_version;
  outcome := case
    when v_hash = p_spec_hash then 'same'
    when v_hash is not null then 'id-conflict'
    when p_version <> coalesce(v_scenario.last_version, 0) + 1 then 'version-gap'
    when exists (select from unnest(p_symbols) as s where s not in (select symbol from instruments)) then 'unknown-instrument'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into scenarios as s (id, name, active_version, last_version) values (p_id, p_name, 1, 1)
    on conflict (id) do update set name = p_name, last_version = p_version;
    insert into scenario_versions (scenario_id, version, spec, spec_hash, defined_at) values (p_id, p_version, p_spec, p_spec_hash, p_at);
  end if;
  return next;
end
$$;
