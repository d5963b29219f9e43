-- All events of a venue up to this business time have been handled. Never goes back.
create or replace function hear_venue(p_venue text, p_until timestamptz) returns timestamptz
language sql
set search_path from current
as $$
  insert into venue_progress as v (venue, heard_until) values (p_venue, p_until)
  on conflict (venue) do update set heard_until = greatest(v.heard_until, excluded.heard_until), recorded_at = clock_timestamp()
  returning v.heard_until
$$;
