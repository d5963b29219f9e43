-- Keeps a Merkle-sum tree's root and leaves; the totals are the sums of its leaves.
-- ok | same | id-conflict
create or replace function record_holding_snapshot(
  p_id text, p_as_of timestamptz, p_root text, p_account_ids text[], p_venues text[], p_assets text[], p_amounts numeric[], p_salts text[], p_hashes text[]
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
begin
  insert into holding_snapshots (id, as_of, root, totals, leaves)
  select p_id, p_as_of, p_root, coalesce(jsonb_object_agg(t.asset, trim_scale(t.amount)::text), '{}'), cardinality(p_account_ids)
  from (select i.asset, sum(i.amount) as amount from unnest(p_assets, p_amounts) as i (asset, amount) group by i.asset) as t
  on conflict (id) do nothing;
  if not found then
    return query select case when s.root = p_root then 'same' else 'id-conflict' end from holding_snapshots as s where s.id = p_id;
    return;
  end if;
  insert into holding_leaves (snapshot_id, n, account_id, venue, asset, amount, salt, hash)
  select p_id, i.n - 1, i.account_id, i.venue, i.asset, i.amount, i.salt, i.hash
  from unnest(p_account_ids, p_venues, p_assets, p_amounts, p_salts, p_hashes) with ordinality as i (account_id, venue, asset, amount, salt, hash, n);
  return query select 'ok';
end
$$;
