-- A dead job once more, with one more attempt; what waits for it waits on.
-- ok | unknown-job | not-dead
create or replace function retry_job(p_job_id text, p_at timestamptz) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  update jobs set state = 'ready', max_attempts = attempts + 1, start_after = p_at, ended_at = null, error = null
  where id = p_job_id and state = 'dead';
  outcome := case when found then 'ok' when exists (select from jobs where id = p_job_id) then 'not-dead' else 'unknown-job' end;
  return next;
end
$$;
