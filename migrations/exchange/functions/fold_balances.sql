-- Moves at most p_limit waiting deltas of house, fee and external accounts into their balances, and answers how many.
-- The lock of a balance is what makes one folder of it; another passes it by.
create or replace function fold_balances(p_limit integer) returns integer
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
declare
  v_account_ids text[];
  v_assets text[];
  v_folded integer;
begin
  select array_agg(account_id), array_agg(asset) into v_account_ids, v_assets from (
    select b.account_id, b.asset from balances as b
    where b.account_kind <> 'customer' and exists (select from balance_deltas as d where d.account_id = b.account_id and d.asset = b.asset)
    order by b.account_id, b.asset for no key update skip locked) as locked;
  with taken as (
    delete from balance_deltas as d
    where (d.account_id, d.asset, d.id) in (
      select w.account_id, w.asset, w.id
      from unnest(v_account_ids, v_assets) as l (account_id, asset)
      join balance_deltas as w on w.account_id = l.account_id and w.asset = l.asset
      limit p_limit)
    returning d.account_id, d.asset, d.amount
  ),
  folded as (
    update balances as b set posted = b.posted + sums.amount, version = b.version + 1, recorded_at = clock_timestamp()
    from (select account_id, asset, sum(amount) as amount, count(*) as deltas from taken group by account_id, asset) as sums
    where b.account_id = sums.account_id and b.asset = sums.asset
    returning sums.deltas
  )
  select coalesce(sum(deltas), 0) into v_folded from folded;
  return v_folded;
end
$$;
