-- Items of a run's report, all or none, parents before children; also after the run's end, by its last holder.
-- ok | same | id-conflict | unknown-parent | unknown-run | stale-fence | run-not-started
create or replace function record_report(p_run_id text, p_fence bigint, p_items jsonb, p_at timestamptz) returns table (outcome text, item_id text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_run runs;
  v_last integer;
  v_known integer;
begin
  select * into v_run from runs where id = p_run_id for no key update;
  outcome := case
    when v_run.id is null then 'unknown-run'
    when v_run.fence is null then 'run-not-started'
    when p_fence < v_run.fence then 'stale-fence'
  end;
  if outcome is null then
    select g.id into item_id from jsonb_to_recordset(p_items) as g (id text, "parentId" text, "retryOf" text)
    where ("parentId" is not null and not exists (select from report_items as i where i.run_id = p_run_id and i.id = g."parentId")
        and not exists (select from jsonb_to_recordset(p_items) as o (id text) where o.id = g."parentId"))
      or ("retryOf" is not null and not exists (select from report_items as i where i.run_id = p_run_id and i.id = g."retryOf")
        and not exists (select from jsonb_to_recordset(p_items) as o (id text) where o.id = g."retryOf"))
    limit 1;
    if item_id is not null then
      outcome := 'unknown-parent';
    end if;
  end if;
  if outcome is null then
    select i.id, count(*) over () into item_id, v_known
    from jsonb_to_recordset(p_items) as g (id text, status text, "caseHash" text, error text)
    join report_items as i on i.run_id = p_run_id and i.id = g.id
    order by (i.status, i.case_hash) = (g.status, g."caseHash") and i.error is not distinct from g.error, i.id limit 1;
    if item_id is not null and not exists (
      select from jsonb_to_recordset(p_items) as g (id text, status text, "caseHash" text, error text) join report_items as i on i.run_id = p_run_id and i.id = g.id
      where i.id = item_id and (i.status, i.case_hash) = (g.status, g."caseHash") and i.error is not distinct from g.error) then
      outcome := 'id-conflict';
    end if;
  end if;
  if outcome is null then
    item_id := null;
    select coalesce(max(n), 0) into v_last from report_items where run_id = p_run_id;
    insert into report_items (run_id, id, parent_id, n, type, name, status, case_hash, parameters, retry_of, error, started_at, ended_at)
    select p_run_id, g.id, g."parentId", v_last + g.n, g.type, g.name, g.status, g."caseHash", g.parameters, g."retryOf", g.error, g."startedAt", g."endedAt"
    from (select e.n, r.* from jsonb_array_elements(p_items) with ordinality as e (item, n),
      jsonb_to_record(e.item) as r (id text, "parentId" text, type text, name text, status text, "caseHash" text, parameters jsonb, "retryOf" text,
        error text, "startedAt" timestamptz, "endedAt" timestamptz)) as g
    order by g.n
    on conflict (run_id, id) do nothing;
    outcome := case when found then 'ok' else 'same' end;
    -- What a rule knows is said at once, the first rule by its id.
    insert into triages (run_id, item_id, n, issue_type, ticket, automatic, triaged_at)
    select p_run_id, i.id, 1, r.issue_type, r.ticket, true, p_at
    from report_items as i
    cross join lateral (select * from triage_rules as t where i.error ~ t.pattern order by t.id limit 1) as r
    where i.run_id = p_run_id and i.n > v_last and i.status in ('failed', 'error')
    on conflict do nothing;
  end if;
  return next;
end
$$;
