-- Ends the lease of this holder and fence at once; the row stays, because the fence must keep growing.
create or replace function release_lease(p_name text, p_holder text, p_fence bigint) returns boolean
language sql
set search_path from current
as $$
  with released as (
    update leases set expires_at = clock_timestamp()
    where name = p_name and holder = p_holder and fence = p_fence and expires_at > clock_timestamp()
    returning 1)
  select exists (select from released)
$$;
