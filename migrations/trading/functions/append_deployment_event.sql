-- The history row and the event `deployment.changed` of the deployment's present version.
create or replace function append_deployment_event(p_id text, p_type text, p_at timestamptz, p_event_id text, p_context write_context)
returns void
language plpgsql
set search_path from current
as $$
declare
  d deployments;
begin
  select * into d from deployments where id = p_id;
  insert into deployment_events (deployment_id, version, type, desired, actual, epoch, reason, actor, run_id, fence, event_id, occurred_at)
  values (d.id, d.version, p_type, d.desired, d.actual, d.epoch, d.reason, p_context.actor, p_context.run_id, p_context.fence,
    p_event_id, p_at);
  perform append_event(p_event_id, 'deployment.changed', 'deployment', d.id, d.version, jsonb_strip_nulls(jsonb_build_object(
    'deploymentId', d.id, 'strategyId', d.strategy_id, 'strategyVersion', d.strategy_version, 'mode', d.mode, 'accountId', d.account_id,
    'venue', d.venue, 'desired', d.desired, 'actual', d.actual, 'epoch', d.epoch, 'reason', d.reason)), p_at, p_context);
end
$$;
