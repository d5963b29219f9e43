-- Takes the head's lock and the next p_count positions; answers the position before them and the time of all of them.
create or replace function number_trail(p_count integer) returns table (after_position bigint, recorded_at timestamptz)
language sql
set search_path from current
as $$
  update trail_head as h set position = h.position + p_count, recorded_at = greatest(h.recorded_at, clock_timestamp())
  returning h.position - p_count, h.recorded_at
$$;
