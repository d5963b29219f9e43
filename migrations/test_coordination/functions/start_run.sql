-- Starts a queued run, or takes over one that another began, under a lease's fence.
-- ok | same | unknown-run | stale-fence | run-ended | lock-differs
create or replace function start_run(
  p_run_id text, p_fence bigint, p_lock_name text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_run runs;
begin
  select * into v_run from runs where id = p_run_id for no key update;
  outcome := case
    when v_run.id is null then 'unknown-run'
    when v_run.ended_at is not null then 'run-ended'
    when v_run.fence is not null and v_run.lock_name <> p_lock_name then 'lock-differs'
    when p_fence < v_run.fence then 'stale-fence'
    when v_run.status = 'running' and p_fence = v_run.fence then 'same'
    -- The lease itself has the last word: who is not its holder any more does not start.
    when not exists (select from leases where name = p_lock_name and fence = p_fence and expires_at > clock_timestamp()) then 'stale-fence'
    when not raise_fence(p_run_id, p_fence) then 'stale-fence'
    else 'ok'
  end;
  if outcome = 'ok' then
    update runs set status = 'running', fence = p_fence, lock_name = p_lock_name, started_at = coalesce(started_at, p_at), version = version + 1
    where id = p_run_id;
    perform append_run_event(p_run_id, case when v_run.started_at is not null then 'taken-over' end, p_at, p_event_id, p_context);
  end if;
  return next;
end
$$;
