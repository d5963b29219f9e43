-- Ends a run: what it still has injected is to be undone from now on, what it had not injected yet never will be. Steps that were
-- running end as errors.
-- ok | same | unknown-run | stale-fence | run-ended | run-not-started | illegal-transition
create or replace function end_run(
  p_run_id text, p_fence bigint, p_status text, p_exit_code integer, p_error text, p_score double precision, p_at timestamptz,
  p_event_ids text[], p_context write_context
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
    when v_run.fence is not null and p_fence < v_run.fence then 'stale-fence'
    -- Its lease was lost: only a later holder ends it.
    when v_run.status = 'interrupted' and p_fence = v_run.fence then 'stale-fence'
    when v_run.status = p_status then 'same'
    when v_run.ended_at is not null then 'run-ended'
    when v_run.status = 'queued' and p_status <> 'aborted' then 'run-not-started'
    when not exists (select from transitions where machine = 'run' and from_status = v_run.status and to_status = p_status) then 'illegal-transition'
    when v_run.fence is not null and not raise_fence(p_run_id, p_fence) then 'stale-fence'
    else 'ok'
  end;
  if outcome = 'ok' then
    update runs set status = p_status, fence = case when fence is not null then greatest(fence, p_fence) end, exit_code = p_exit_code, error = p_error,
      score = coalesce(p_score, score), ended_at = greatest(p_at, started_at), version = version + 1
    where id = p_run_id;
    update step_runs set status = 'error', error = 'the run ended', ended_at = greatest(p_at, started_at) where run_id = p_run_id and status = 'running';
    perform append_run_event(p_run_id, p_error, p_at, p_event_ids[1], p_context);
    perform undo_faults_of(p_run_id, 'run-ended', p_at, p_event_ids[2:], p_context);
  end if;
  return next;
end
$$;
