-- What the end of a job means for those that wait for it: a completed parent lets them go on, another one does as each of them said.
create or replace function resolve_children(p_job_id text, p_at timestamptz) returns void
language plpgsql
set search_path from current
as $$
declare
  v_completed constant boolean := (select state = 'completed' from jobs where id = p_job_id);
  d job_dependencies;
begin
  for d in select * from job_dependencies where parent_id = p_job_id and not resolved order by child_id loop
    if v_completed or d.on_failure = 'run' then
      update jobs set pending_dependencies = pending_dependencies - 1, state = case when pending_dependencies = 1 then 'ready' else 'blocked' end
      where id = d.child_id and state = 'blocked';
    elsif d.on_failure = 'skip' then
      update jobs set state = 'skipped', ended_at = p_at where id = d.child_id and state = 'blocked';
      if found then
        perform resolve_children(d.child_id, p_at);
      end if;
    else
      continue; -- block: it waits until the parent is run again
    end if;
    update job_dependencies set resolved = true where child_id = d.child_id and parent_id = d.parent_id;
  end loop;
end
$$;
