-- Sets a part of one client's (or the house's) holding aside. Locks the holding: the account's status is read after that.
-- ok | same | id-conflict | unknown-account | not-a-holder | account-closed | account-suspended | insufficient-holdings
create or replace function reserve_holding(
  p_kind text, p_reference text, p_account_id text, p_asset text, p_amount numeric, p_at timestamptz
) returns text
language plpgsql
set search_path from current
as $$
declare
  v_account custody_accounts;
  v_holding holdings;
  v_existing reservations;
  v_outcome text;
begin
  select * into v_holding from holdings where account_id = p_account_id and asset = p_asset for no key update;
  select * into v_account from custody_accounts where id = p_account_id;
  select * into v_existing from reservations where id = p_kind || ':' || p_reference;
  v_outcome := case
    when v_existing.id is not null then
      case when (v_existing.account_id, v_existing.asset, v_existing.amount) = (p_account_id, p_asset, p_amount) then 'same' else 'id-conflict' end
    when v_account.id is null then 'unknown-account'
    when v_account.kind not in ('segregated', 'house') then 'not-a-holder'
    when v_account.status <> 'active' then 'account-' || v_account.status
    when v_holding.account_id is null or v_holding.settled - v_holding.reserved < p_amount then 'insufficient-holdings'
    else 'ok'
  end;
  if v_outcome = 'ok' then
    insert into reservations (kind, reference, account_id, asset, amount, made_at)
    values (p_kind, p_reference, p_account_id, p_asset, p_amount, p_at)
    on conflict (id) do nothing;
    if not found then
      -- Committed meanwhile, by a caller with another holding: with the same one it would have waited for the lock above.
      return 'id-conflict';
    end if;
    update holdings set reserved = reserved + p_amount, version = version + 1, recorded_at = clock_timestamp()
    where account_id = p_account_id and asset = p_asset;
  end if;
  return v_outcome;
end
$$;
