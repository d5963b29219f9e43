-- p_version null means any. Closing needs holdings of zero and nothing open below.
-- ok | same | unknown-account | stale-version | illegal-transition | account-not-empty
create or replace function change_custody_account(
  p_id text, p_version bigint, p_status text, p_reason text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, version bigint)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_account custody_accounts;
begin
  if p_status = 'closed' then
    -- What it has, against whoever moves it; then itself for update, against whoever adds a holding or an account below.
    perform from holdings where account_id = p_id order by asset for no key update;
    select * into v_account from custody_accounts where id = p_id for update;
  else
    select * into v_account from custody_accounts where id = p_id for no key update;
  end if;
  outcome := case
    when v_account.id is null then 'unknown-account'
    when v_account.status = p_status then 'same'
    when p_version <> v_account.version then 'stale-version'
    when not exists (
      select from transitions where machine = 'account' and from_status = v_account.status and to_status = p_status) then 'illegal-transition'
    when p_status = 'closed' and (
      exists (select from holdings where account_id = p_id and (settled <> 0 or reserved <> 0))
      or exists (select from custody_accounts where parent_id = p_id and status <> 'closed')) then 'account-not-empty'
    else 'ok'
  end;
  version := v_account.version;
  if outcome = 'ok' then
    update custody_accounts set status = p_status, version = version + 1 where id = p_id;
    version := version + 1;
    perform append_custody_account_event(p_id, 'changed', p_reason, p_at, p_event_id, p_context);
  end if;
  return next;
end
$$;
