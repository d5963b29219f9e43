-- Sets funds of a customer aside; an order's hold comes with the order.
-- ok | same | id-conflict | unknown-account | unknown-asset | not-a-customer | account-closed | account-suspended | too-many-digits
-- | zero-amount | already-expired | insufficient-funds
create or replace function place_hold(
  p_kind text, p_reference text, p_scope_id text, p_account_id text, p_asset text, p_amount numeric, p_expires_at timestamptz,
  p_request_hash text, p_at timestamptz, p_context write_context
) returns table (outcome text, hold_id text, available numeric, balances jsonb)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_hash text;
  v_account accounts;
  v_balance balances;
  v_scale integer;
begin
  hold_id := p_kind || ':' || p_reference;
  -- Against the closing of the account, which locks it for update.
  perform from accounts where id = p_account_id for key share;
  select * into v_balance from balances where account_id = p_account_id and asset = p_asset for no key update;
  select * into v_account from accounts where id = p_account_id and scope_id = p_scope_id;
  select scale into v_scale from assets where code = p_asset;
  select request_hash into v_hash from holds where id = hold_id;
  available := case when v_account.kind = 'customer' then coalesce(v_balance.posted + v_balance.overdraft - v_balance.held, 0) end;
  outcome := case
    when v_account.id is null then 'unknown-account'
    when v_hash = p_request_hash then 'same'
    when v_hash is not null then 'id-conflict'
    when v_scale is null then 'unknown-asset'
    when v_account.kind <> 'customer' then 'not-a-customer'
    when v_account.status <> 'active' then 'account-' || v_account.status
    when scale(trim_scale(p_amount)) > v_scale then 'too-many-digits'
    when p_amount <= 0 then 'zero-amount'
    when p_expires_at <= p_at then 'already-expired'
    when p_amount > available then 'insufficient-funds'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into holds (kind, reference, scope_id, account_id, asset, amount, expires_at, request_hash, source, source_seq, placed_at)
    values (p_kind, p_reference, p_scope_id, p_account_id, p_asset, p_amount, p_expires_at, p_request_hash,
      p_context.source, p_context.source_seq, p_at)
    on conflict (id) do nothing;
    if found then
      update balances as b set held = b.held + p_amount, version = b.version + 1, recorded_at = clock_timestamp()
      where b.account_id = p_account_id and b.asset = p_asset
      returning jsonb_build_array(balance_json(b.account_id, b.asset, b.posted, b.held, b.overdraft, b.version)) into balances;
    else
      select case when request_hash = p_request_hash then 'same' else 'id-conflict' end into outcome from holds where id = hold_id;
    end if;
  end if;
  return next;
end
$$;
