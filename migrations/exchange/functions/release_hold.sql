-- Gives all that remains of a hold back.
-- ok | same | unknown-hold | hold-closed
create or replace function release_hold(p_scope_id text, p_account_id text, p_hold_id text, p_at timestamptz)
returns table (outcome text, balances jsonb)
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
    when v_hold.state = 'open' then 'ok'
    when v_hold.state = 'released' then 'same'
    else 'hold-closed'
  end;
  if outcome = 'ok' then
    balances := close_holds(array[p_hold_id], 'released', p_at);
  end if;
  return next;
end
$$;
