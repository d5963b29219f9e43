-- Results of probes, no two of one identity, all or none: the first that is refused is named by its number.
-- ok | same | id-conflict and those of admit_run_write
create or replace function record_probe_results(p_run_id text, p_fence bigint, p_results jsonb, p_at timestamptz)
returns table (outcome text, n integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  outcome := admit_run_write(p_run_id, p_fence);
  if outcome is null then
    -- The run is locked: what is there stays as it is.
    select r.n into n
    from jsonb_array_elements(p_results) with ordinality as r (result, n),
      jsonb_to_record(r.result) as g (path text, probe text, mode text, iteration integer, assertion text, verdict text, expected text, actual text, error text)
    join probe_results as p on p.run_id = p_run_id and (p.path, p.probe, p.mode, p.iteration) = (g.path, g.probe, g.mode, g.iteration)
    where (p.verdict, p.assertion) <> (g.verdict, g.assertion) or p.expected is distinct from g.expected
      or p.actual is distinct from g.actual or p.error is distinct from g.error
    order by r.n limit 1;
    outcome := case when n is not null then 'id-conflict' end;
  end if;
  if outcome is null then
    insert into probe_results (run_id, path, probe, mode, iteration, assertion, verdict, expected, actual, error, weight, attempts, latency_ms,
      correlation_id, fence, verified_at)
    select p_run_id, g.path, g.probe, g.mode, g.iteration, g.assertion, g.verdict, g.expected, g.actual, g.error, g.weight, g.attempts, g."latencyMs",
      g."correlationId", p_fence, coalesce(g.at, p_at)
    from jsonb_to_recordset(p_results) as g (path text, probe text, mode text, iteration integer, assertion text, verdict text, expected text,
      actual text, error text, weight double precision, attempts integer, "latencyMs" double precision, "correlationId" text, at timestamptz)
    on conflict do nothing;
    outcome := case when found then 'ok' else 'same' end;
  end if;
  return next;
end
$$;
