-- The first step of an alert's escalation is due at p_at, as a round of its own; with null nothing is due any more.
create or replace function arm_escalation(p_alert_id text, p_at timestamptz) returns void
language sql
set search_path from current
as $$
  insert into escalation_states as e (alert_id, next_at) values (p_alert_id, p_at)
  on conflict (alert_id) do update set
    step = case when p_at is null then e.step else 0 end, round = e.round + case when p_at is null then 0 else 1 end, next_at = p_at, version = e.version + 1
$$;
