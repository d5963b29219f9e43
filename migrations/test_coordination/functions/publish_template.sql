-- The next version of a template; the same text again is the version it was.
create or replace function publish_template(p_id text, p_body_text text, p_body_hash text, p_parameters jsonb, p_at timestamptz)
returns table (outcome text, version integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(hashtextextended(current_schema() || ' template ' || p_id, 0));
  select t.version into version from templates as t where t.id = p_id and t.body_hash = p_body_hash;
  outcome := case when version is null then 'ok' else 'same' end;
  if outcome = 'ok' then
    select coalesce(max(t.version), 0) + 1 into version from templates as t where t.id = p_id;
    insert into templates (id, version, body_text, body_hash, parameters, created_at)
    values (p_id, publish_template.version, p_body_text, p_body_hash, p_parameters, p_at);
  end if;
  return next;
end
$$;
