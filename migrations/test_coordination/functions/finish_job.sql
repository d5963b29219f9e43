-- ok | same | unknown-job | stale-token
create or replace function finish_job(p_job_id text, p_token bigint, p_succeeded boolean, p_error text, p_at timestamptz) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_job jobs;
begin
  select * into v_job from jobs where id = p_job_id for no key update;
  outcome := case
    when v_job.id is null then 'unknown-job'
    when v_job.token <> p_token then 'stale-token'
    when v_job.state = 'completed' and p_succeeded then 'same'
    when v_job.state in ('ready', 'dead', 'canceled') and not p_succeeded and v_job.error is not distinct from p_error then 'same'
    when v_job.state <> 'claimed' then 'stale-token'
    else 'ok'
  end;
  if outcome = 'ok' and p_succeeded then
    update jobs set state = 'completed', holder = null, claimed_until = null, ended_at = p_at where id = p_job_id;
    perform resolve_children(p_job_id, p_at);
  elsif outcome = 'ok' then
    perform release_job(p_job_id, p_error, p_at);
  end if;
  return next;
end
$$;
