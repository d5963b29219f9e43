-- ok | same | id-conflict | unknown-parent | parent-closed
create or replace function open_account(
  p_id text, p_parent_id text, p_owner_id text, p_kind text, p_type text, p_fee_tier text, p_check_required boolean,
  p_metadata jsonb, p_request_hash text, p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_parent_status text;
  v_hash text;
begin
  select a.request_hash into v_hash from accounts as a where a.id = p_id;
  if not found and p_parent_id is not null then
    -- Held against the closing of the parent, which locks it for update.
    select a.status into v_parent_status from accounts as a where a.id = p_parent_id and a.parent_id is null for key share;
    if v_parent_status is null or v_parent_status = 'closed' then
      return query select case when v_parent_status is null then 'unknown-parent' else 'parent-closed' end;
      return;
    end if;
  end if;
  insert into accounts (id, parent_id, owner_id, kind, type, fee_tier, check_required, metadata, request_hash, opened_at)
  values (p_id, p_parent_id, p_owner_id, p_kind, p_type, p_fee_tier, p_check_required, p_metadata, p_request_hash, p_at)
  on conflict (id) do nothing;
  if not found then
    return query select case when a.request_hash = p_request_hash then 'same' else 'id-conflict' end from accounts as a where a.id = p_id;
    return;
  end if;
  perform append_account_event(p_id, 'opened', '{}', null, p_at, p_event_id, p_context);
  return query select 'ok';
end
$$;
