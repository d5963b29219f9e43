-- Puts an address on the whitelist; it may be used once the lock of the policy in force, or that of no policy, is over.
-- ok | same | id-conflict | already-listed
create or replace function list_address(
  p_id text, p_asset text, p_address text, p_label text, p_lock_ms bigint, p_request_hash text, p_at timestamptz, p_context write_context
) returns table (outcome text)
language plpgsql
set search_path from current
as $$
declare
  v_hash text;
  v_lock_ms constant bigint := coalesce((select s.whitelist_lock_ms from policy_sets as s where s.status = 'published'), p_lock_ms);
begin
  insert into whitelist_entries (id, asset, address, label, usable_from, request_hash, added_at)
  values (p_id, p_asset, p_address, p_label, p_at + v_lock_ms * interval '1 millisecond', p_request_hash, p_at)
  on conflict do nothing;
  if found then
    perform record_compliance('whitelist-change', 'address', p_id, 'listed', null, null, null,
      jsonb_build_object('asset', p_asset, 'address', p_address), p_at, p_context);
    return query select 'ok';
    return;
  end if;
  select w.request_hash into v_hash from whitelist_entries as w where w.id = p_id;
  return query select case when v_hash = p_request_hash then 'same' when v_hash is not null then 'id-conflict' else 'already-listed' end;
end
$$;
