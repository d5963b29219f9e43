-- The history row and the event `custody-account.changed` of the account's present version.
create or replace function append_custody_account_event(
  p_id text, p_type text, p_reason text, p_at timestamptz, p_event_id text, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
declare
  a custody_accounts;
begin
  select * into a from custody_accounts where id = p_id;
  insert into custody_account_events (account_id, version, type, status, reason, actor, occurred_at)
  values (a.id, a.version, p_type, a.status, p_reason, p_context.actor, p_at);
  perform append_event(p_event_id, 'custody-account.changed', 'custody-account', a.id, a.version, jsonb_strip_nulls(jsonb_build_object(
    'custodyAccountId', a.id, 'kind', a.kind, 'parentId', a.parent_id, 'venue', a.venue, 'clientAccountId', a.client_account_id,
    'ownerId', a.owner_id, 'status', a.status, 'accountVersion', a.version, 'reason', p_reason)), p_at, p_context);
end
$$;
