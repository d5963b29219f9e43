-- Gives up a claim: the job is ready once more after its backoff, which doubles with each attempt, or dead.
create or replace function release_job(p_job_id text, p_error text, p_at timestamptz) returns void
language plpgsql
set search_path from current
as $$
declare
  v_job jobs;
begin
  update jobs set holder = null, claimed_until = null, error = p_error,
    state = case when cancel_requested then 'canceled' when attempts < max_attempts then 'ready' else 'dead' end,
    start_after = case when attempts < max_attempts then p_at + backoff * (2 ^ (attempts - 1)) else start_after end,
    ended_at = case when cancel_requested or attempts >= max_attempts then p_at end
  where id = p_job_id
  returning * into v_job;
  if v_job.ended_at is not null then
    perform resolve_children(p_job_id, p_at);
  end if;
end
$$;
