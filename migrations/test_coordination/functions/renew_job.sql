-- Keeps a claim. Nothing where it was lost: whoever asks has to stop.
create or replace function renew_job(p_job_id text, p_token bigint, p_ttl interval) returns table (cancel_requested boolean)
language sql
set search_path from current
as $$
  update jobs as j set claimed_until = clock_timestamp() + p_ttl
  where j.id = p_job_id and j.token = p_token and j.state = 'claimed' and j.claimed_until > clock_timestamp()
  returning j.cancel_requested
$$;
