-- One that is claimed is asked to stop; its worker hears of it with its next renewal.
-- ok | same | unknown-job | job-ended
create or replace function cancel_job(p_job_id text, p_at timestamptz) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_job jobs;
begin
  select * into v_job from jobs where id = p_job_id for no key update;
  outcome := case
    when v_job.id is null then 'unknown-job'
    when v_job.state = 'canceled' or v_job.cancel_requested then 'same'
    when v_job.ended_at is not null then 'job-ended'
    else 'ok'
  end;
  if outcome = 'ok' and v_job.state = 'claimed' then
    update jobs set cancel_requested = true where id = p_job_id;
  elsif outcome = 'ok' then
    update jobs set state = 'canceled', ended_at = p_at where id = p_job_id;
    perform resolve_children(p_job_id, p_at);
  end if;
  return next;
end
$$;
