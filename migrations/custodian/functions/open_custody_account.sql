-- ok | same | id-conflict | client-conflict | unknown-parent | parent-closed | wrong-parent
create or replace function open_custody_account(
  p_id text, p_kind text, p_parent_id text, p_venue text, p_client_account_id text, p_owner_id text, p_request_hash text,
  p_at timestamptz, p_event_id text, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_parent custody_accounts;
  v_hash text;
begin
  select a.request_hash into v_hash from custody_accounts as a where a.id = p_id;
  if found then
    return query select case when v_hash = p_request_hash then 'same' else 'id-conflict' end;
    return;
  end if;
  if p_parent_id is not null then
    -- Held against the closing of the parent, which locks it for update.
    select * into v_parent from custody_accounts as a where a.id = p_parent_id for key share;
    outcome := case
      when v_parent.id is null then 'unknown-parent'
      when v_parent.status = 'closed' then 'parent-closed'
      when not (v_parent.kind = 'master' or v_parent.kind = 'omnibus' and p_kind = 'segregated') then 'wrong-parent'
    end;
    if outcome is not null then
      return next;
      return;
    end if;
  end if;
  insert into custody_accounts (id, kind, parent_id, parent_kind, venue, client_account_id, owner_id, request_hash, opened_at)
  values (p_id, p_kind, p_parent_id, v_parent.kind, p_venue, p_client_account_id, p_owner_id, p_request_hash, p_at)
  on conflict do nothing;
  if not found then
    select a.request_hash into v_hash from custody_accounts as a where a.id = p_id;
    return query select case when v_hash = p_request_hash then 'same' when v_hash is not null then 'id-conflict' else 'client-conflict' end;
    return;
  end if;
  perform append_custody_account_event(p_id, 'opened', null, p_at, p_event_id, p_context);
  return query select 'ok';
end
$$;
