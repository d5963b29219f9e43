-- The history row and the event `run.changed` of the run's present version.
create or replace function append_run_event(p_run_id text, p_reason text, p_at timestamptz, p_event_id text, p_context write_context)
returns void
language plpgsql
set search_path from current
as $$
declare
  r runs;
begin
  select * into r from runs where id = p_run_id;
  insert into run_events (run_id, version, status, deviated, fence, reason, event_id, occurred_at)
  values (r.id, r.version, r.status, r.deviated, r.fence, p_reason, p_event_id, p_at);
  p_context.run_id := r.id;
  p_context.fence := r.fence;
  perform append_event(p_event_id, 'run.changed', 'run', r.id, r.version, jsonb_strip_nulls(jsonb_build_object(
    'runId', r.id, 'fence', r.fence, 'scenarioId', r.scenario_id, 'scenarioVersion', r.scenario_version, 'status', r.status,
    'deviated', r.deviated, 'score', r.score, 'seed', r.seed, 'runVersion', r.version, 'reason', p_reason)), p_at, p_context);
end
$$;
