-- Runs whose lease nobody holds any more, or a later holder of which has begun another run: they are interrupted, and their faults undone.
create or replace function interrupt_runs(p_at timestamptz, p_limit integer, p_event_ids text[], p_context write_context)
returns table (run_id text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_run runs;
  v_used integer := 0;
begin
  for v_run in
    select r.* from runs as r
    where r.status = 'running'
      and not exists (select from leases as l where l.name = r.lock_name and l.fence = r.fence and l.expires_at > clock_timestamp())
    order by r.id limit p_limit for no key update skip locked
  loop
    exit when v_used + 2 > cardinality(p_event_ids);
    update runs set status = 'interrupted', version = version + 1 where id = v_run.id;
    v_used := v_used + 1;
    perform append_run_event(v_run.id, 'lease-lost', p_at, p_event_ids[v_used], p_context);
    v_used := v_used + undo_faults_of(v_run.id, 'lease-lost', p_at, p_event_ids[v_used + 1:], p_context);
    run_id := v_run.id;
    return next;
  end loop;
end
$$;
