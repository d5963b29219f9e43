-- ok | same | unknown-address
create or replace function revoke_address(p_id text, p_reason text, p_at timestamptz, p_context write_context) returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_status text;
begin
  select status into v_status from whitelist_entries where id = p_id for no key update;
  outcome := case v_status when 'listed' then 'ok' when 'revoked' then 'same' else 'unknown-address' end;
  if outcome = 'ok' then
    update whitelist_entries set status = 'revoked', revoked_at = p_at where id = p_id;
    perform record_compliance('whitelist-change', 'address', p_id, 'revoked', null, null, p_reason, null, p_at, p_context);
  end if;
  return next;
end
$$;
