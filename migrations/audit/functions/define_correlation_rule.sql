-- A version of a rule; the next one follows the last.
-- ok | same | id-conflict | version-gap
create or replace function define_correlation_rule(
  p_rule_id text, p_version integer, p_kind text, p_definition jsonb, p_request_hash text, p_defined_at timestamptz, p_actor text
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
begin
  select r.request_hash into v_hash from correlation_rules as r where r.rule_id = p_rule_id and r.version = p_version;
  if v_hash is not null then
    return query select case when v_hash = p_request_hash then 'same' else 'id-conflict' end;
    return;
  end if;
  if p_version > 1 and not exists (select from correlation_rules as r where r.rule_id = p_rule_id and r.version = p_version - 1) then
    return query select 'version-gap';
    return;
  end if;
  insert into correlation_rules (rule_id, version, kind, definition, request_hash, defined_at, actor)
  values (p_rule_id, p_version, p_kind, p_definition, p_request_hash, p_defined_at, p_actor)
  on conflict do nothing;
  if not found then
    return query select case when r.request_hash = p_request_hash then 'same' else 'id-conflict' end
      from correlation_rules as r where r.rule_id = p_rule_id and r.version = p_version;
    return;
  end if;
  insert into projections (name) values ('rule ' || p_rule_id || ' ' || p_version) on conflict do nothing;
  return query select 'ok';
end
$$;
