-- Moves the expiry of an open hold; null means it does not expire.
-- ok | same | unknown-hold | hold-closed | already-expired
create or replace function extend_hold(p_scope_id text, p_account_id text, p_hold_id text, p_expires_at timestamptz, p_at timestamptz)
returns table (outcome text)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_hold holds;
begin
  select * into v_hold from holds
  where id = p_hold_id and scope_id = p_scope_id and account_id = p_account_id and kind <> 'in-order' for no key update;
  outcome := case
    when v_hold.id is null then 'unknown-hold'
    when v_hold.state <> 'open' then 'hold-closed'
    when v_hold.expires_at is not distinct from p_expires_at then 'same'
    when p_expires_at <= p_at then 'already-expired'
    else 'ok'
  end;
  if outcome = 'ok' then
    update holds set expires_at = p_expires_at, version = version + 1 where id = p_hold_id;
  end if;
  return next;
end
$$;
