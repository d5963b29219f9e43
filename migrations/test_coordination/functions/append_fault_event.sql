-- The history row and the event `fault.changed` of the fault's present version.
create or replace function append_fault_event(p_fault_id text, p_at timestamptz, p_event_id text, p_context write_context) returns void
language plpgsql
set search_path from current
as $$
declare
  f faults;
begin
  select * into f from faults where id = p_fault_id;
  insert into fault_events (fault_id, version, state, reason, event_id, occurred_at)
  values (f.id, f.version, f.state, f.reason, p_event_id, p_at);
  p_context.run_id := f.run_id;
  p_context.fence := f.fence;
  perform append_event(p_event_id, 'fault.changed', 'fault', f.id, f.version, jsonb_strip_nulls(jsonb_build_object(
    'faultId', f.id, 'runId', f.run_id, 'fence', f.fence, 'target', f.target, 'kind', f.kind, 'params', f.params, 'undo', f.undo,
    'state', f.state, 'reason', f.reason, 'mustEndBy', instant_text(f.must_end_by), 'faultVersion', f.version)), p_at, p_context);
end
$$;
