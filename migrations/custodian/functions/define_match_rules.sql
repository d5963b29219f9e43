-- ok | same | id-conflict | unknown-account
create or replace function define_match_rules(
  p_source text, p_version integer, p_account_ids text[], p_assets text[], p_movement_kinds text[], p_amount_tolerance numeric,
  p_date_tolerance_ms bigint, p_most_in_group integer, p_request_hash text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
begin
  if exists (select from unnest(p_account_ids) as i (id) where not exists (select from custody_accounts as a where a.id = i.id)) then
    return query select 'unknown-account';
    return;
  end if;
  insert into statement_sources (source) values (p_source) on conflict do nothing;
  insert into match_rules (source, version, account_ids, assets, movement_kinds, amount_tolerance, date_tolerance_ms, most_in_group, request_hash, defined_at)
  values (p_source, p_version, p_account_ids, p_assets, p_movement_kinds, p_amount_tolerance, p_date_tolerance_ms, p_most_in_group, p_request_hash, p_at)
  on conflict do nothing;
  if found then
    return query select 'ok';
    return;
  end if;
  select r.request_hash into v_hash from match_rules as r where r.source = p_source and r.version = p_version;
  return query select case when v_hash = p_request_hash then 'same' else 'id-conflict' end;
end
$$;
