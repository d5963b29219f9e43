-- Takes the lease if it is free, expired or already the holder's; answers its fence, or no row while another holds it.
-- The fence grows with each change of holder and never otherwise, so a renewal keeps it.
create or replace function acquire_lease(p_name text, p_holder text, p_ttl interval)
returns table (fence bigint, expires_at timestamptz)
language sql
set search_path from current
as $$
  insert into leases as l (name, holder, fence, expires_at)
  values (p_name, p_holder, 1, clock_timestamp() + p_ttl)
  on conflict (name) do update set
    holder = excluded.holder,
    fence = case when l.holder = excluded.holder and l.expires_at > clock_timestamp() then l.fence else l.fence + 1 end,
    expires_at = excluded.expires_at
    where l.holder = excluded.holder or l.expires_at <= clock_timestamp()
  returning l.fence, l.expires_at
$$;
