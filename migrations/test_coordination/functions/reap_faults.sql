-- The faults that have to be over: past their time, or of a run that is over or interrupted; and once more those whose undoing
-- was told and never confirmed, until p_most_attempts, after which a person has to look.
create or replace function reap_faults(
  p_at timestamptz, p_limit integer, p_retry_after interval, p_most_attempts integer, p_event_ids text[], p_context write_context
) returns table (fault_id text, state text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_fault faults;
  v_used integer := 0;
begin
  for v_fault in
    select f.* from faults as f
    where (f.state in ('planned', 'injecting', 'injected')
        and (f.must_end_by <= p_at or exists (select from runs as r where r.id = f.run_id and r.status not in ('queued', 'running'))))
      or (f.state = 'undoing' and f.undo_after <= p_at)
    order by f.id limit least(p_limit, cardinality(p_event_ids)) for no key update skip locked
  loop
    v_used := v_used + 1;
    state := case
      when v_fault.state = 'planned' then 'withdrawn'
      when v_fault.state = 'undoing' and v_fault.undo_attempts >= p_most_attempts then 'failed'
      else 'undoing'
    end;
    update faults as f set state = reap_faults.state, version = f.version + 1,
      reason = case when reap_faults.state = 'failed' then 'not-undone' when f.must_end_by <= p_at then 'overdue' else coalesce(f.reason, 'run-ended') end,
      undo_attempts = f.undo_attempts + (reap_faults.state = 'undoing')::integer,
      undo_after = case when reap_faults.state = 'undoing' then p_at + p_retry_after end,
      ended_at = case when reap_faults.state = 'withdrawn' then p_at end
    where f.id = v_fault.id;
    perform append_fault_event(v_fault.id, p_at, p_event_ids[v_used], p_context);
    fault_id := v_fault.id;
    return next;
  end loop;
end
$$;
