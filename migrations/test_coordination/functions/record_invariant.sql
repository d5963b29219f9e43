-- The next result of an identity in a run, with the event `validation.completed`.
-- ok and those of admit_run_write
create or replace function record_invariant(
  p_run_id text, p_fence bigint, p_name text, p_phase text, p_severity text, p_passed boolean, p_compared bigint, p_watermark jsonb, p_samples jsonb,
  p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, n integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  outcome := admit_run_write(p_run_id, p_fence);
  if outcome is null then
    outcome := 'ok';
    select coalesce(max(i.n), 0) + 1 into n from invariant_results as i where i.run_id = p_run_id and i.name = p_name;
    insert into invariant_results (run_id, name, n, phase, severity, passed, compared, watermark, samples, fence, checked_at)
    values (p_run_id, p_name, record_invariant.n, p_phase, p_severity, p_passed, p_compared, p_watermark, p_samples, p_fence, p_at);
    p_context.run_id := p_run_id;
    p_context.fence := p_fence;
    perform append_event(p_event_id, 'validation.completed', 'validation', p_run_id || '/' || p_name, record_invariant.n, jsonb_build_object(
      'runId', p_run_id, 'fence', p_fence, 'invariant', p_name, 'phase', p_phase, 'passed', p_passed, 'compared', p_compared,
      'watermark', p_watermark), p_at, p_context);
  end if;
  return next;
end
$$;
