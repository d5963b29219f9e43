-- The steady state did not hold. Said once.
create or replace function mark_deviated(p_run_id text, p_at timestamptz, p_event_id text, p_context write_context) returns void
language plpgsql
set search_path from current
as $$
begin
  update runs set deviated = true, version = version + 1 where id = p_run_id and not deviated;
  if found then
    perform append_run_event(p_run_id, 'deviated', p_at, p_event_id, p_context);
  end if;
end
$$;
