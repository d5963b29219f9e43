-- Makes those of the pairs that lock_holdings did not find, and locks them. What another made meanwhile is waited for; it is at zero or above.
create or replace function make_holdings(p_account_ids text[], p_assets text[], p_found holdings[]) returns void
language sql
set search_path from current
as $$
  insert into holdings as h (account_id, asset, account_kind)
  select distinct a.id, i.asset, a.kind
  from unnest(p_account_ids, p_assets) as i (account_id, asset)
  join custody_accounts as a on a.id = i.account_id and a.id = any (p_account_ids)
  where not exists (select from unnest(p_found) as f where f.account_id = a.id and f.asset = i.asset)
  order by 1, 2
  on conflict (account_id, asset) do update set version = h.version
$$;
