-- Those that seem to run but whose process was silent for so long, by the database's clock: at most one an event id.
create or replace function interrupt_deployments(
  p_silent interval, p_reason text, p_at timestamptz, p_event_ids text[], p_context write_context
) returns table (deployment_id text)
language plpgsql
set search_path from current
as $$
declare
  n integer := 0;
begin
  for deployment_id in
    select d.id from deployments as d
    where d.actual in ('starting', 'running', 'paused') and d.heartbeat_at <= clock_timestamp() - p_silent
    order by d.id limit cardinality(p_event_ids) for no key update skip locked
  loop
    n := n + 1;
    update deployments as d set actual = 'interrupted', reason = p_reason, version = d.version + 1 where d.id = deployment_id;
    perform append_deployment_event(deployment_id, 'interrupted', p_at, p_event_ids[n], p_context);
    return next;
  end loop;
end
$$;
