-- When the period of a limit began: the day of its desk, or a length of time counted from 1970.
create or replace function day_start(p_at timestamptz, p_window_ms bigint, p_time_zone text) returns timestamptz
language sql
stable
set search_path from current
return case when p_window_ms is null then date_trunc('day', p_at, p_time_zone)
  else date_bin(make_interval(secs => p_window_ms / 1000.0), p_at, 'epoch'::timestamptz) end;
