-- ok | same | unknown-step | illegal-transition and those of admit_run_write
create or replace function end_step(
  p_run_id text, p_fence bigint, p_path text, p_attempt integer, p_status text, p_output jsonb, p_error text, p_at timestamptz,
  p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_step step_runs;
begin
  outcome := admit_run_write(p_run_id, p_fence);
  if outcome is null then
    select * into v_step from step_runs where run_id = p_run_id and path = p_path and attempt = p_attempt;
    outcome := case
      when v_step.run_id is null then 'unknown-step'
      when v_step.status = p_status and v_step.output is not distinct from p_output and v_step.error is not distinct from p_error then 'same'
      when not exists (select from transitions where machine = 'step' and from_status = v_step.status and to_status = p_status) then 'illegal-transition'
      else 'ok'
    end;
    if outcome = 'ok' then
      update step_runs set status = p_status, output = p_output, error = p_error, fence = p_fence, ended_at = greatest(p_at, started_at)
      where run_id = p_run_id and path = p_path and attempt = p_attempt;
      p_context.run_id := p_run_id;
      p_context.fence := p_fence;
      perform append_event(p_event_id, 'step.completed', 'step', p_run_id || '/' || p_path, p_attempt, jsonb_strip_nulls(jsonb_build_object(
        'runId', p_run_id, 'fence', p_fence, 'path', p_path, 'attempt', p_attempt, 'outcome', p_status, 'error', p_error)), p_at, p_context);
    end if;
  end if;
  return next;
end
$$;
