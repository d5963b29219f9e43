-- The event of a run's present state.
create or replace function scenario_run_event(p_run scenario_runs, p_event_id text, p_at timestamptz, p_context write_context) returns void
language plpgsql
set search_path from current
as $$
begin
  perform append_event(p_event_id, 'scenario-run.changed', 'scenario-run', p_run.id, p_run.version, jsonb_strip_nulls(jsonb_build_object(
    'scenarioRunId', p_run.id, 'scenarioId', p_run.scenario_id, 'scenarioVersion', p_run.scenario_version, 'seed', p_run.seed,
    'parentRunId', p_run.parent_id, 'forkSequence', p_run.fork_seq, 'state', p_run.state, 'reason', p_run.reason,
    'lastSequence', p_run.last_seq, 'priceHash', encode(p_run.price_hash, 'hex'), 'runId', p_run.run_id, 'fence', p_run.fence,
    'runVersion', p_run.version)), p_at, p_context);
end
$$;
