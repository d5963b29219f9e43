-- Checks, reserves and records a transfer, and carries it as far as the policy in force lets it: blocked, screening, pending-approval or
-- queued. Locks the counters of the policy, the approvers for share, the holding.
-- ok | same | id-conflict | unknown-account | not-a-holder | not-external | account-closed | account-suspended | insufficient-holdings
-- | unknown-approver | quorum-unreachable
create or replace function request_transfer(
  p_id text, p_requester_id text, p_idempotency_key text, p_kind text, p_from_account_id text, p_to_account_id text, p_asset text, p_amount numeric,
  p_address text, p_digest text, p_request_hash text, p_approval_id text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text, transfer_id text, available numeric)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  t transfers;
  v_from custody_accounts;
  v_to custody_accounts;
  v_match record;
  v_action text;
begin
  select * into t from transfers where requester_id = p_requester_id and idempotency_key = p_idempotency_key;
  if not found then
    select * into t from transfers where id = p_id;
  end if;
  if t.id is not null then
    return query select case when t.request_hash = p_request_hash then 'same' else 'id-conflict' end, t.id, null::numeric;
    return;
  end if;
  select * into v_from from custody_accounts where id = p_from_account_id;
  select * into v_to from custody_accounts where id = p_to_account_id;
  outcome := case
    when v_from.id is null or v_to.id is null then 'unknown-account'
    when v_from.kind in ('master', 'omnibus') or v_to.kind in ('master', 'omnibus') then 'not-a-holder'
    when (p_kind = 'deposit') <> (v_from.kind = 'external') or (p_kind = 'withdrawal') <> (v_to.kind = 'external') then 'not-external'
    when 'closed' in (v_from.status, v_to.status) then 'account-closed'
    when v_from.status = 'suspended' then 'account-suspended'
  end;
  if outcome is null then
    select * into v_match from match_policy(p_kind, case p_kind when 'deposit' then p_to_account_id else p_from_account_id end, p_requester_id,
      p_asset, p_amount, p_address, p_at, true);
    v_action := coalesce((v_match.rule).action, 'block');
    if v_action = 'approve' then
      outcome := refuse_approval((v_match.rule).terms, p_requester_id);
    end if;
  end if;
  if outcome is null and v_from.kind <> 'external' then
    outcome := nullif(reserve_holding('transfer', p_id, p_from_account_id, p_asset, p_amount, p_at), 'ok');
    if outcome in ('same', 'id-conflict') then
      raise exception 'transfer % was requested meanwhile', p_id using errcode = 'serialization_failure';
    end if;
  end if;
  if outcome is not null then
    available := coalesce((select h.settled - h.reserved from holdings as h where h.account_id = p_from_account_id and h.asset = p_asset), 0);
    return next;
    return;
  end if;
  insert into transfers (id, requester_id, idempotency_key, kind, from_account_id, to_account_id, asset, amount, address, status, digest,
    policy_set_id, policy_version, rule_id, request_hash, source, source_seq, requested_at)
  values (p_id, p_requester_id, p_idempotency_key, p_kind, p_from_account_id, p_to_account_id, p_asset, p_amount, p_address, 'submitted', p_digest,
    v_match.set_id, v_match.version, (v_match.rule).rule_id, p_request_hash, p_context.source, p_context.source_seq, p_at)
  on conflict do nothing;
  if not found then
    -- By a twin of this call, with an id of its own: run again, it is seen.
    raise exception 'transfer % was requested meanwhile', p_id using errcode = 'serialization_failure';
  end if;
  insert into transfer_events (transfer_id, version, from_status, status, effect, actor, occurred_at)
  values (p_id, 1, 'new', 'submitted', 'reserve', p_context.actor, p_at);
  if v_match.used is not null then
    insert into policy_usage (transfer_id, rule_id, scope, asset, amount, used_at)
    values (p_id, (v_match.rule).rule_id, v_match.scope, p_asset, p_amount, p_at);
  end if;
  perform record_compliance('policy-decision', 'transfer', p_id, v_action, v_match.version, (v_match.rule).rule_id,
    case when v_match.set_id is null then 'no-rule-matches' end,
    jsonb_strip_nulls(jsonb_build_object('kind', p_kind, 'asset', p_asset, 'amount', trim_scale(p_amount)::text, 'used', trim_scale(v_match.used)::text)),
    p_at, p_context);
  if v_action = 'block' then
    perform change_transfer(p_id, 'blocked', coalesce('rule ' || (v_match.rule).rule_id, 'no-rule-matches'), null, p_at, p_event_id, p_context);
  elsif (v_match.rule).screening then
    perform change_transfer(p_id, 'screening', null, null, p_at, p_event_id, p_context);
  else
    perform pass_transfer(p_id, p_approval_id, p_at, p_event_id, p_context);
  end if;
  return query select 'ok', p_id, null::numeric;
end
$$;
