-- Closes breaks in the window of a run that it has not seen any more, at most one for each event id, and answers how many.
create or replace function close_breaks(p_run_id text, p_event_ids text[], p_at timestamptz, p_context write_context) returns table (closed integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  r reconciliation_runs;
  v_id text;
begin
  select * into r from reconciliation_runs where id = p_run_id for no key update;
  closed := 0;
  for v_id in
    select id from breaks
    where source = r.source and run_kind = r.kind and state <> 'closed' and last_run_id <> r.id
      and at <= r.cutoff and (r.from_at is null or at >= r.from_at)
    order by id limit cardinality(p_event_ids) for no key update
  loop
    closed := closed + 1;
    update breaks set state = 'closed', closed_at = p_at, version = version + 1, recorded_at = clock_timestamp() where id = v_id;
    perform append_break_event(v_id, p_at, p_event_ids[closed], p_context);
  end loop;
  return next;
end
$$;
