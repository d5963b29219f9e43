-- The holdings of these pairs that are there, locked in the order of (account, asset); pairs may repeat. Whoever closes an account locks its
-- holdings too, so its status is read after this. What is not there yet is made by make_holdings once it is clear that something moves.
create or replace function lock_holdings(p_account_ids text[], p_assets text[]) returns setof holdings
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
begin
  return query
    select h.* from (select distinct i.account_id, i.asset from unnest(p_account_ids, p_assets) as i (account_id, asset)) as d
    join holdings as h on h.account_id = d.account_id and h.asset = d.asset
    order by h.account_id, h.asset for no key update of h;
end
$$;
