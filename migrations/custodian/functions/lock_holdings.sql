-- The holdings of these pairs that are there, locked in the order of (account, asset); pairs may repeat. Before them the key locks of
-- their accounts, against closing. What is not there yet is made by make_holdings once it is clear that something moves.
create or replace function lock_holdings(p_account_ids text[], p_assets text[]) returns setof holdings
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
begin
  perform from custody_accounts as a where a.id = any (p_account_ids) order by a.id for key share;
  -- The first condition is for the index, the second says which.
  return query
    select h.* from holdings as h
    where h.account_id = any (p_account_ids)
      and (h.account_id, h.asset) in (select i.account_id, i.asset from unnest(p_account_ids, p_assets) as i (account_id, asset))
    order by h.account_id, h.asset for no key update;
end
$$;
