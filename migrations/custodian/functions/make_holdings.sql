-- Makes those of the pairs that lock_holdings did not find, and locks them. What another made meanwhile is waited for; it is at zero or above.
-- The reference to the account waits for a closing that is under way: then all of it once more.
create or replace function make_holdings(p_account_ids text[], p_assets text[], p_found holdings[]) returns void
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
begin
  insert into holdings as h (account_id, asset, account_kind)
  select distinct a.id, i.asset, a.kind
  from unnest(p_account_ids, p_assets) as i (account_id, asset)
  join custody_accounts as a on a.id = i.account_id
  where not exists (select from unnest(p_found) as f where f.account_id = a.id and f.asset = i.asset)
  order by 1, 2
  on conflict (account_id, asset) do update set version = h.version;
  if found and exists (
    select from unnest(p_account_ids) as i (account_id) join custody_accounts as a on a.id = i.account_id where a.status = 'closed'
  ) then
    raise exception 'closed meanwhile' using errcode = 'serialization_failure';
  end if;
end
$$;
