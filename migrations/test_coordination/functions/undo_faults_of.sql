-- What a run still has injected is to be undone, what it had only planned is withdrawn; answers how many events were used.
-- Those beyond the event ids that were given stay for the reaper, which finds them by the run's end.
create or replace function undo_faults_of(p_run_id text, p_reason text, p_at timestamptz, p_event_ids text[], p_context write_context)
returns integer
language plpgsql
set search_path from current
as $$
declare
  v_fault faults;
  v_used integer := 0;
begin
  for v_fault in
    select * from faults where run_id = p_run_id and state in ('planned', 'injecting', 'injected') order by id for no key update
  loop
    exit when v_used = coalesce(cardinality(p_event_ids), 0);
    v_used := v_used + 1;
    update faults set version = version + 1, reason = p_reason,
      state = case when state = 'planned' then 'withdrawn' else 'undoing' end,
      undo_attempts = undo_attempts + (state <> 'planned')::integer,
      undo_after = case when state <> 'planned' then p_at + interval '5 seconds' end,
      ended_at = case when state = 'planned' then p_at end
    where id = v_fault.id;
    perform append_fault_event(v_fault.id, p_at, p_event_ids[v_used], p_context);
  end loop;
  return v_used;
end
$$;
