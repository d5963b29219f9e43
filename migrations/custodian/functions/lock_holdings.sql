-- Makes the holdings that are not there yet and locks all of them in the order of (account, asset); pairs may repeat. Before them it
-- takes the key locks of their accounts, against closing. Only accounts that hold something themselves get a holding.
create or replace function lock_holdings(p_account_ids text[], p_assets text[]) returns setof holdings
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
  v_locked holdings[];
begin
  perform from custody_accounts as a where a.id = any (p_account_ids) order by a.id for key share;
  -- The lock in a statement of its own. The first equality is for the index, the second says which.
  v_locked := array(
    select h from holdings as h
    where h.account_id = any (p_account_ids)
      and (h.account_id, h.asset) in (select i.account_id, i.asset from unnest(p_account_ids, p_assets) as i (account_id, asset))
    order by h.account_id, h.asset for no key update);
  if cardinality(v_locked) < (select count(*) from (select distinct i.account_id, i.asset from unnest(p_account_ids, p_assets) as i (account_id, asset)) as d) then
    insert into holdings as h (account_id, asset, account_kind)
    select distinct a.id, i.asset, a.kind
    from unnest(p_account_ids, p_assets) as i (account_id, asset)
    join custody_accounts as a on a.id = i.account_id and a.id = any (p_account_ids)
    where a.kind not in ('master', 'omnibus')
      and not exists (select from unnest(v_locked) as l where l.account_id = a.id and l.asset = i.asset)
    order by 1, 2
    -- Also waits for, and locks, what another has made meanwhile.
    on conflict (account_id, asset) do update set version = h.version;
    v_locked := array(
      select h from holdings as h
      where h.account_id = any (p_account_ids)
        and (h.account_id, h.asset) in (select i.account_id, i.asset from unnest(p_account_ids, p_assets) as i (account_id, asset))
      order by h.account_id, h.asset for no key update);
  end if;
  return query select * from unnest(v_locked);
end
$$;
