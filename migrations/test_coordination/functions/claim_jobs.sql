-- Claims what is due for p_holder, most urgent first. A claim that ran out is ready again, or dead where its attempts are used up.
create or replace function claim_jobs(p_holder text, p_limit integer, p_ttl interval, p_at timestamptz)
returns table (job_id text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_job jobs;
  v_claimed integer := 0;
begin
  for v_job in select * from jobs where state = 'claimed' and claimed_until <= clock_timestamp() for no key update skip locked loop
    perform release_job(v_job.id, 'lost', p_at);
  end loop;
  for v_job in
    select * from jobs where state = 'ready' and start_after <= p_at order by priority desc, start_after, n for no key update skip locked
  loop
    exit when v_claimed = p_limit;
    -- One claim a key; whoever claims at the same moment waits here for the other's end.
    if v_job.exclusive_key is not null then
      continue when not pg_try_advisory_xact_lock(hashtextextended(current_schema() || ' job ' || v_job.exclusive_key, 0));
      continue when exists (select from jobs where exclusive_key = v_job.exclusive_key and state = 'claimed');
    end if;
    update jobs set state = 'claimed', holder = p_holder, token = token + 1, attempts = attempts + 1, claimed_until = clock_timestamp() + p_ttl
    where id = v_job.id;
    v_claimed := v_claimed + 1;
    job_id := v_job.id;
    return next;
  end loop;
end
$$;
