-- A scenario's next version, or its first. What means the same as an earlier version is that version.
-- ok | same | scenario-archived
create or replace function publish_scenario(
  p_id text, p_name text, p_type text, p_description text, p_tags text[], p_created_by text, p_status text, p_spec jsonb, p_spec_text text,
  p_spec_hash text, p_template_id text, p_template_version integer, p_parameters jsonb, p_steps jsonb, p_at timestamptz
) returns table (outcome text, version integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_scenario scenarios;
begin
  insert into scenarios (id, name, type, description, tags, status, active_version, last_version, created_by, created_at)
  values (p_id, p_name, p_type, p_description, p_tags, p_status, 1, 1, p_created_by, p_at)
  on conflict (id) do nothing;
  if found then
    version := 1;
  else
    select * into v_scenario from scenarios where id = p_id for no key update;
    select v.version into version from scenario_versions as v where v.scenario_id = p_id and v.spec_hash = p_spec_hash;
    if version is not null then
      outcome := 'same';
      return next;
      return;
    end if;
    if v_scenario.status = 'archived' then
      outcome := 'scenario-archived';
      return next;
      return;
    end if;
    version := v_scenario.last_version + 1;
    update scenarios as s set name = p_name, type = p_type, description = p_description, tags = p_tags, last_version = publish_scenario.version,
      active_version = publish_scenario.version, version = s.version + 1
    where s.id = p_id;
  end if;
  insert into scenario_versions (scenario_id, version, spec, spec_text, spec_hash, template_id, template_version, parameters, created_at)
  values (p_id, version, p_spec, p_spec_text, p_spec_hash, p_template_id, p_template_version, p_parameters, p_at);
  insert into steps (scenario_id, version, path, n, kind, name, deadline_ms, spec)
  select p_id, publish_scenario.version, s.path, s.n, s.kind, s.name, s."deadlineMs", s.spec
  from jsonb_to_recordset(p_steps) as s (path text, n integer, kind text, name text, "deadlineMs" bigint, spec jsonb);
  outcome := 'ok';
  return next;
end
$$;
