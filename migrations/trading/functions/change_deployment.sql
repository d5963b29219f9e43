-- p_desired is a wish of its operator or of a test run, p_actual with p_epoch a report of its process; p_version null means any.
-- ok | same | unknown-deployment | stale-version | stale-epoch | deployment-stopped | illegal-transition | stale-fence
create or replace function change_deployment(
  p_id text, p_version bigint, p_desired text, p_epoch bigint, p_actual text, p_reason text, p_run_id text, p_fence bigint,
  p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
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
    when p_epoch <> d.epoch then 'stale-epoch'
    when coalesce(p_desired, d.desired) = d.desired and coalesce(p_actual, d.actual) = d.actual then 'same'
    when p_version <> d.version then 'stale-version'
    when d.actual = 'stopped' then 'deployment-stopped'
    -- What is wished to stop does not start again.
    when p_desired is not null and d.desired = 'stopped' then 'illegal-transition'
    when p_actual <> d.actual and not exists (
      select from transitions where machine = 'deployment' and from_status = d.actual and to_status = p_actual) then 'illegal-transition'
    when p_run_id is not null and not raise_fence(p_run_id, p_fence) then 'stale-fence'
    else 'ok'
  end;
  if outcome = 'ok' then
    p_context.run_id := coalesce(p_run_id, p_context.run_id);
    p_context.fence := coalesce(p_fence, p_context.fence);
    update deployments set
      desired = coalesce(p_desired, desired),
      -- Nobody runs what is still pending: there is nobody to tell that it has stopped.
      actual = case when p_desired = 'stopped' and actual in ('pending', 'interrupted', 'failed') then 'stopped' else coalesce(p_actual, actual) end,
      stopped_at = case when p_actual = 'stopped' or (p_desired = 'stopped' and actual in ('pending', 'interrupted', 'failed')) then p_at end,
      reason = p_reason,
      heartbeat_at = case when p_actual is null then heartbeat_at else clock_timestamp() end,
      version = version + 1
    where id = p_id;
    perform append_deployment_event(p_id, case when p_desired is null then 'reported' else 'wished' end, p_at, p_event_id, p_context);
  end if;
  return next;
end
$$;
