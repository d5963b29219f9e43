-- All of them or none. Locks the source.
-- ok | unknown-account | id-conflict
create or replace function record_statement_lines(
  p_source text, p_external_ids text[], p_account_ids text[], p_assets text[], p_amounts numeric[], p_booked_ats timestamptz[],
  p_references text[], p_request_hashes text[]
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
  select l.external_id into external_id from unnest(p_external_ids, p_request_hashes) as i (external_id, request_hash)
  join statement_lines as l on l.source = p_source and l.external_id = i.external_id
  where l.request_hash <> i.request_hash limit 1;
  if found then
    outcome := 'id-conflict';
    return next;
    return;
  end if;
  insert into statement_lines (source, external_id, account_id, asset, amount, booked_at, reference, occurrence, request_hash)
  select p_source, i.external_id, i.account_id, i.asset, i.amount, i.booked_at, i.reference,
    row_number() over (partition by i.account_id, i.asset, i.amount, i.reference order by i.n) - 1 + (
      select count(*) from statement_lines as l
      where l.reference = i.reference and l.account_id = i.account_id and l.asset = i.asset and l.amount = i.amount and l.source = p_source),
    i.request_hash
  from unnest(p_external_ids, p_account_ids, p_assets, p_amounts, p_booked_ats, p_references, p_request_hashes)
    with ordinality as i (external_id, account_id, asset, amount, booked_at, reference, request_hash, n)
  where not exists (select from statement_lines as l where l.source = p_source and l.external_id = i.external_id)
  order by i.n;
  get diagnostics recorded = row_count;
  outcome := 'ok';
  return next;
end
$$;
