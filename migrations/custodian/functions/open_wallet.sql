-- ok | same | id-conflict | unknown-account
create or replace function open_wallet(
  p_id text, p_account_id text, p_members text[], p_threshold integer, p_request_hash text, p_at timestamptz
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
begin
  if p_account_id is not null and not exists (select from custody_accounts as a where a.id = p_account_id) then
    return query select 'unknown-account';
    return;
  end if;
  insert into wallets (id, account_id, request_hash, opened_at) values (p_id, p_account_id, p_request_hash, p_at) on conflict (id) do nothing;
  if not found then
    select w.request_hash into v_hash from wallets as w where w.id = p_id;
    return query select case when v_hash = p_request_hash then 'same' else 'id-conflict' end;
    return;
  end if;
  insert into signer_sets (wallet_id, version, members, threshold, valid_from) values (p_id, 1, p_members, p_threshold, p_at);
  return query select 'ok';
end
$$;
