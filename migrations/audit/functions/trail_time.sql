-- The last position and a moment such that whatever the trail takes from now on has a later time. Waits for whoever appends.
create or replace function trail_time() returns table ("position" bigint, at timestamptz)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_head trail_head;
begin
  select * into v_head from trail_head for share;
  return query select v_head.position, greatest(v_head.recorded_at, clock_timestamp());
end
$$;
