-- All of them or none.
-- ok | unknown-account | id-conflict
create or replace function record_statement_balances(
  p_source text, p_external_ids text[], p_account_ids text[], p_assets text[], p_balances numeric[], p_as_ofs timestamptz[], p_request_hashes text[]
) returns table (outcome text, recorded integer, external_id text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  insert into statement_sources (source) values (p_source) on conflict do nothing;
  perform from statement_sources where source = p_source for no key update;
  recorded := 0;
  select i.external_id into external_id from unnest(p_external_ids, p_account_ids) as i (external_id, account_id)
  where not exists (select from custody_accounts as a where a.id = i.account_id) limit 1;
  if found then
    outcome := 'unknown-account';
    return next;
    return;
  end if;
  select b.external_id into external_id from unnest(p_external_ids, p_request_hashes) as i (external_id, request_hash)
  join statement_balances as b on b.source = p_source and b.external_id = i.external_id
  where b.request_hash <> i.request_hash limit 1;
  if found then
    outcome := 'id-conflict';
    return next;
    return;
  end if;
  insert into statement_balances (source, external_id, account_id, asset, balance, as_of, request_hash)
  select p_source, i.external_id, i.account_id, i.asset, i.balance, i.as_of, i.request_hash
  from unnest(p_external_ids, p_account_ids, p_assets, p_balances, p_as_ofs, p_request_hashes) as i (external_id, account_id, asset, balance, as_of, request_hash)
  on conflict do nothing;
  get diagnostics recorded = row_count;
  outcome := 'ok';
  return next;
end
$$;
