-- The caller's process runs it from now on, under the next epoch; one that still seemed to run it is interrupted first.
-- With p_expected_epoch only where it still is that one: of two that try, one gets it.
-- ok | unknown-deployment | deployment-stopped | stale-epoch
create or replace function attach_deployment(
  p_id text, p_expected_epoch bigint, p_at timestamptz, p_event_ids text[], p_context write_context
) returns table (outcome text, epoch bigint)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  d deployments;
begin
  select * into d from deployments where id = p_id for no key update;
  outcome := case
    when d.id is null then 'unknown-deployment'
    when d.actual = 'stopped' then 'deployment-stopped'
    when p_expected_epoch <> d.epoch then 'stale-epoch'
    else 'ok'
  end;
  epoch := d.epoch;
  if outcome = 'ok' then
    if d.actual in ('starting', 'running', 'paused') then
      update deployments set actual = 'interrupted', reason = 'another process attached', version = version + 1 where id = p_id;
      perform append_deployment_event(p_id, 'interrupted', p_at, p_event_ids[1], p_context);
    end if;
    update deployments set actual = 'starting', reason = null, epoch = deployments.epoch + 1, version = version + 1,
      heartbeat_at = clock_timestamp()
    where id = p_id
    returning deployments.epoch into epoch;
    perform append_deployment_event(p_id, 'attached', p_at, p_event_ids[2], p_context);
  end if;
  return next;
end
$$;
