-- ok (go on from its cursor) | same (it is completed) | id-conflict | unknown-rules | run-in-progress
create or replace function begin_reconciliation(
  p_id text, p_kind text, p_source text, p_from timestamptz, p_cutoff timestamptz, p_dry_run boolean, p_request_hash text, p_at timestamptz
) returns table (outcome text, running_id text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_version integer;
  r reconciliation_runs;
begin
  select * into r from reconciliation_runs where id = p_id;
  if not found then
    if p_kind <> 'liabilities' then
      select max(version) into v_version from match_rules where source = p_source;
      if v_version is null then
        outcome := 'unknown-rules';
        return next;
        return;
      end if;
    end if;
    insert into reconciliation_runs (id, kind, source, rule_version, from_at, cutoff, dry_run, request_hash, started_at)
    values (p_id, p_kind, p_source, v_version, p_from, p_cutoff, p_dry_run, p_request_hash, p_at)
    on conflict do nothing;
    if found then
      outcome := 'ok';
      return next;
      return;
    end if;
    select * into r from reconciliation_runs where id = p_id;
  end if;
  if r.id is null then
    outcome := 'run-in-progress';
    select id into running_id from reconciliation_runs where kind = p_kind and source = p_source and status = 'running';
  else
    outcome := case when r.request_hash <> p_request_hash then 'id-conflict' when r.status = 'completed' then 'same' else 'ok' end;
  end if;
  return next;
end
$$;
