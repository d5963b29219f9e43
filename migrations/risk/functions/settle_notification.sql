-- What became of a delivery, told under the claim it was made with: an older claim settles nothing.
-- ok | stale-claim
create or replace function settle_notification(
  p_id text, p_fence bigint, p_provider_id text, p_error text, p_retry_ms bigint, p_most_attempts integer, p_at timestamptz
) returns table (outcome text)
language sql
set search_path from current
as $$
  with settled as (
    update notifications set
      state = case when p_error is null then 'delivered' when attempts >= p_most_attempts then 'failed' else 'due' end,
      claimed_until = null, provider_id = p_provider_id, last_error = p_error,
      next_retry = case when p_error is not null and attempts < p_most_attempts then clock_timestamp() + make_interval(secs => p_retry_ms / 1000.0) end,
      delivered_at = case when p_error is null then p_at end
    where id = p_id and fence = p_fence and state = 'claimed'
    returning 1)
  select case when exists (select from settled) then 'ok' else 'stale-claim' end
$$;
