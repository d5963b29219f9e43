-- What is null stays as it is; p_version null means any.
-- ok | same | unknown-account | stale-version | illegal-transition | account-closed | account-not-empty
create or replace function change_account(
  p_scope_id text, p_id text, p_version bigint, p_status text, p_kyc_status text, p_fee_tier text, p_check_required boolean,
  p_metadata jsonb, p_reason text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, version bigint)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_account accounts;
  v_changes jsonb;
begin
  if p_status = 'closed' then
    -- For update, against the key locks of whoever adds an order, a hold, an entry or a sub-account.
    select * into v_account from accounts where id = p_id and scope_id = p_scope_id for update;
  else
    select * into v_account from accounts where id = p_id and scope_id = p_scope_id for no key update;
  end if;
  if v_account.id is null then
    return query select 'unknown-account', null::bigint;
    return;
  end if;
  select coalesce(jsonb_object_agg(c.name, c.value), '{}') into v_changes
  from (values
    ('status', to_jsonb(nullif(p_status, v_account.status))),
    ('kycStatus', to_jsonb(nullif(p_kyc_status, v_account.kyc_status))),
    ('feeTier', to_jsonb(nullif(p_fee_tier, v_account.fee_tier))),
    ('checkRequired', to_jsonb(nullif(p_check_required, v_account.check_required))),
    ('metadata', nullif(p_metadata, v_account.metadata))) as c (name, value)
  where c.value is not null;
  outcome := case
    when v_changes = '{}' then 'same'
    when p_version <> v_account.version then 'stale-version'
    when v_account.status = 'closed' then 'account-closed'
    when v_changes ? 'status' and not exists (
      select from transitions where machine = 'account' and from_status = v_account.status and to_status = p_status) then 'illegal-transition'
    when v_changes ? 'kycStatus' and not exists (
      select from transitions where machine = 'kyc' and from_status = v_account.kyc_status and to_status = p_kyc_status) then 'illegal-transition'
    when v_changes ->> 'status' = 'closed' and (
      exists (select from current_balances where account_id = p_id and (posted <> 0 or held <> 0))
      or exists (select from orders where account_id = p_id and closed_at is null)
      or exists (select from accounts where parent_id = p_id and status <> 'closed')
      or exists (select from markets join market_states using (symbol) where fee_account_id = p_id and status <> 'closed')) then 'account-not-empty'
    else 'ok'
  end;
  version := v_account.version;
  if outcome = 'ok' then
    update accounts set
      status = coalesce(p_status, status),
      kyc_status = coalesce(p_kyc_status, kyc_status),
      fee_tier = coalesce(p_fee_tier, fee_tier),
      check_required = coalesce(p_check_required, check_required),
      metadata = coalesce(p_metadata, metadata),
      version = version + 1
    where id = p_id;
    version := version + 1;
    perform append_account_event(p_id, 'changed', v_changes, p_reason, p_at, p_event_id, p_context);
  end if;
  return next;
end
$$;
