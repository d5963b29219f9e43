-- The history row and the event `account.changed` of the account's present version.
create or replace function append_account_event(
  p_id text, p_type text, p_changes jsonb, p_reason text, p_at timestamptz, p_event_id text, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
declare
  a accounts;
begin
  select * into a from accounts where id = p_id;
  insert into account_events (account_id, version, type, status, kyc_status, changes, reason, actor, event_id, occurred_at)
  values (a.id, a.version, p_type, a.status, a.kyc_status, p_changes, p_reason, p_context.actor, p_event_id, p_at);
  perform append_event(p_event_id, 'account.changed', 'account', a.id, a.version, jsonb_strip_nulls(jsonb_build_object(
    'accountId', a.id, 'parentId', a.parent_id, 'ownerId', a.owner_id, 'kind', a.kind, 'type', a.type, 'status', a.status,
    'kycStatus', a.kyc_status, 'checkRequired', a.check_required, 'accountVersion', a.version, 'reason', p_reason)), p_at, p_context);
end
$$;
