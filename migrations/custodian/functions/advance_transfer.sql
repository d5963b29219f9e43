-- A change by a caller: p_verb is the status it wants, or `cancel`, which only asks for it where the transfer is out already. An approval
-- that is pending ends with it. What was done before answers `same`. Locks the transfer, its approval, the holdings.
-- ok | same | unknown-transfer | stale-version | illegal-transition | not-signed | what the posting is refused with
create or replace function advance_transfer(
  p_id text, p_verb text, p_version bigint, p_reason text, p_transaction_hash text, p_at timestamptz, p_event_id text, p_approval_event_id text,
  p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  t transfers;
  v_to text;
begin
  select * into t from transfers where id = p_id for no key update;
  v_to := case when p_verb <> 'cancel' then p_verb when t.status in ('broadcasting', 'cancelling') then 'cancelling' else 'cancelled' end;
  outcome := case
    when t.id is null then 'unknown-transfer'
    when exists (select from transfer_events where transfer_id = p_id and status = v_to) then 'same'
    when p_version <> t.version then 'stale-version'
    -- Approvals are decided by votes, screenings by their result; `cancelled` without asking comes after `cancelling` only.
    when t.status in ('screening', 'pending-approval') and p_verb <> 'cancel' or p_verb = 'cancelled' and t.status <> 'cancelling' then 'illegal-transition'
    when t.status = 'pending-signature' and v_to = 'broadcasting'
      and exists (select from multisig_transactions as m where m.transfer_id = p_id)
      and not exists (select from multisig_transactions as m where m.transfer_id = p_id and m.status = 'executed') then 'not-signed'
    else 'ok'
  end;
  if outcome = 'ok' then
    if t.status = 'pending-approval' then
      perform from approval_requests where id = t.approval_request_id for no key update;
      perform decide_approval(t.approval_request_id, 'cancelled', p_reason, p_at, p_approval_event_id, null, p_context);
    end if;
    outcome := change_transfer(p_id, v_to, p_reason, p_transaction_hash, p_at, p_event_id, p_context);
  end if;
  return next;
end
$$;
