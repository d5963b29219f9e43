-- Pauses a schedule, or lets it go on from its next nominal instant on: what fell into the pause does not fire.
-- ok | same | unknown-schedule
create or replace function pause_schedule(p_id text, p_paused boolean, p_next_at timestamptz) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  update schedules set paused = p_paused, next_at = case when p_paused then next_at else p_next_at end, version = version + 1
  where id = p_id and paused <> p_paused;
  outcome := case when found then 'ok' when exists (select from schedules where id = p_id) then 'same' else 'unknown-schedule' end;
  return next;
end
$$;
