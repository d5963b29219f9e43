-- True when p_fence may act for p_run_id: it is the highest seen, and is now recorded as such.
create or replace function raise_fence(p_run_id text, p_fence bigint) returns boolean
language sql
set search_path from current
as $$
  with raised as (
    insert into run_fences (run_id, fence) values (p_run_id, p_fence)
    on conflict (run_id) do update set fence = excluded.fence, recorded_at = clock_timestamp()
      where run_fences.fence <= excluded.fence
    returning 1)
  select exists (select from raised)
$$;
