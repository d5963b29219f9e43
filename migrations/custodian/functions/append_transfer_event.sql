-- The event `transfer.changed` of the transfer's present version. `accountId` is what the venue calls the account.
create or replace function append_transfer_event(p_id text, p_at timestamptz, p_event_id text, p_context write_context) returns void
language plpgsql
set search_path from current
as $$
begin
  perform append_event(p_event_id, 'transfer.changed', 'transfer', t.id, t.version, jsonb_strip_nulls(jsonb_build_object(
    'transferId', t.id, 'kind', t.kind, 'requesterId', t.requester_id, 'custodyAccountId', own.id, 'venue', own.venue,
    'accountId', own.client_account_id, 'counterCustodyAccountId', other.id, 'counterAccountId', other.client_account_id,
    'asset', t.asset, 'amount', trim_scale(t.amount)::text, 'state', t.status, 'reason', t.reason, 'address', t.address,
    'transactionHash', t.transaction_hash, 'approvalRequestId', t.approval_request_id, 'transferVersion', t.version)), p_at, p_context)
  from transfers as t
  join custody_accounts as own on own.id = case t.kind when 'deposit' then t.to_account_id else t.from_account_id end
  join custody_accounts as other on other.id = case t.kind when 'deposit' then t.from_account_id else t.to_account_id end
  where t.id = p_id;
end
$$;
