-- The next try of a step, or the one that is running already.
-- ok | same | unknown-step and those of admit_run_write
create or replace function start_step(p_run_id text, p_fence bigint, p_path text, p_at timestamptz)
returns table (outcome text, attempt integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  outcome := admit_run_write(p_run_id, p_fence);
  if outcome is null then
    select s.attempt into attempt from step_runs as s where s.run_id = p_run_id and s.path = p_path and s.status = 'running';
    outcome := case
      when attempt is not null then 'same'
      when not exists (select from runs as r join steps as s on s.scenario_id = r.scenario_id and s.version = r.scenario_version
        where r.id = p_run_id and s.path = p_path) then 'unknown-step'
      else 'ok'
    end;
    if outcome = 'ok' then
      select coalesce(max(s.attempt), 0) + 1 into attempt from step_runs as s where s.run_id = p_run_id and s.path = p_path;
      insert into step_runs (run_id, path, attempt, fence, started_at) values (p_run_id, p_path, start_step.attempt, p_fence, p_at);
    end if;
  end if;
  return next;
end
$$;
