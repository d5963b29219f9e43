-- Hands out notifications to deliver, each to one worker until its claim runs out: one that ended between delivery and telling of it has
-- another deliver again. By the database's clock.
create or replace function claim_notifications(p_limit integer, p_claim_ms bigint)
returns table (id text, fence bigint, alert_id text, target text, body text, step integer, round integer, attempt integer, due_at timestamptz, severity text, summary text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  return query
    with claimed as (
      update notifications as n set state = 'claimed', claimed_until = clock_timestamp() + make_interval(secs => p_claim_ms / 1000.0), next_retry = null,
        fence = n.fence + 1, attempts = n.attempts + 1
      where n.id in (
        select d.id from notifications as d
        where d.state = 'due' and d.next_retry <= clock_timestamp() or d.state = 'claimed' and d.claimed_until <= clock_timestamp()
        order by d.due_at, d.id limit p_limit for no key update skip locked)
      returning n.*)
    select c.id, c.fence, c.alert_id, c.target, c.body, c.step, c.round, c.attempts, c.due_at, a.severity::text, a.summary
    from claimed as c join alerts as a on a.id = c.alert_id order by c.due_at, c.id;
end
$$;
