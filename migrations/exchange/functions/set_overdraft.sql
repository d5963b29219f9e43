-- How far below zero a customer's balance of an asset may go.
-- ok | same | unknown-account | unknown-asset | not-a-customer | account-closed | too-many-digits | out-of-range | overdraft-in-use
create or replace function set_overdraft(
  p_scope_id text, p_account_id text, p_asset text, p_overdraft numeric, p_reason text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, balances jsonb)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_account accounts;
  v_balance balances;
  v_scale integer;
begin
  select * into v_account from accounts where id = p_account_id and scope_id = p_scope_id for no key update;
  select * into v_balance from balances where account_id = p_account_id and asset = p_asset for no key update;
  select scale into v_scale from assets where code = p_asset;
  outcome := case
    when v_account.id is null then 'unknown-account'
    when v_scale is null then 'unknown-asset'
    when v_account.kind <> 'customer' then 'not-a-customer'
    when v_account.status = 'closed' then 'account-closed'
    when scale(trim_scale(p_overdraft)) > v_scale then 'too-many-digits'
    when coalesce(v_balance.overdraft, 0) = p_overdraft then 'same'
    -- What is available is an amount, too.
    when coalesce(v_balance.posted, 0) + p_overdraft >= 1e20 then 'out-of-range'
    when v_balance.posted + p_overdraft < v_balance.held then 'overdraft-in-use'
    else 'ok'
  end;
  if outcome = 'ok' then
    insert into balances as b (account_id, asset, scope_id, account_kind, overdraft)
    values (p_account_id, p_asset, p_scope_id, 'customer', p_overdraft)
    on conflict (account_id, asset) do update set overdraft = excluded.overdraft, version = b.version + 1, recorded_at = clock_timestamp()
    returning jsonb_build_array(balance_json(b.account_id, b.asset, b.posted, b.held, b.overdraft, b.version)) into balances;
    update accounts set version = version + 1 where id = p_account_id;
    perform append_account_event(p_account_id, 'overdraft-changed',
      jsonb_build_object('asset', p_asset, 'overdraft', trim_scale(p_overdraft)::text, 'before', trim_scale(coalesce(v_balance.overdraft, 0))::text),
      p_reason, p_at, p_event_id, p_context);
  end if;
  return next;
end
$$;
