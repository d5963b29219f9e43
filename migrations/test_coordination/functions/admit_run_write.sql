-- Locks a run for a write of its coordinator: a fence below the highest that was seen is refused, a higher one is a new holder's and is
-- kept from now on. Null where the write may go on.
-- unknown-run | stale-fence | run-ended | run-not-started | run-interrupted
create or replace function admit_run_write(p_run_id text, p_fence bigint) returns text
language plpgsql
set search_path from current
as $$
declare
  v_run runs;
begin
  select * into v_run from runs where id = p_run_id for no key update;
  if v_run.id is null then
    return 'unknown-run';
  elsif v_run.fence is not null and p_fence < v_run.fence then
    return 'stale-fence';
  elsif v_run.ended_at is not null then
    return 'run-ended';
  elsif v_run.status = 'queued' then
    return 'run-not-started';
  elsif v_run.status = 'interrupted' then
    return 'run-interrupted';
  end if;
  if not raise_fence(p_run_id, p_fence) then
    return 'stale-fence';
  end if;
  if p_fence > v_run.fence then
    update runs set fence = p_fence where id = p_run_id;
  end if;
  return null;
end
$$;
