-- Gives back what remains of open holds that the caller has locked, and answers the balances after it.
create or replace function close_holds(p_hold_ids text[], p_state text, p_at timestamptz) returns jsonb
language plpgsql
set search_path from current
as $$
declare
  v_balances jsonb;
begin
  perform from balances as b
  where (b.account_id, b.asset) in (select h.account_id, h.asset from holds as h where h.id = any (p_hold_ids))
  order by b.account_id, b.asset for no key update;
  with closed as (
    update holds as h set released = h.amount - h.captured, state = p_state, closed_at = p_at, version = h.version + 1
    from (select o.id, o.amount - o.captured - o.released as remaining from holds as o where o.id = any (p_hold_ids)) as before
    where h.id = before.id and h.id = any (p_hold_ids)
    returning h.account_id, h.asset, before.remaining
  ),
  freed as (
    select account_id, asset, sum(remaining) as amount from closed group by account_id, asset
  ),
  changed as (
    update balances as b set held = b.held - freed.amount, version = b.version + 1, recorded_at = clock_timestamp()
    from freed where b.account_id = freed.account_id and b.asset = freed.asset
    returning b.account_id, b.asset, b.posted, b.held, b.overdraft, b.version
  )
  select coalesce(jsonb_agg(balance_json(account_id, asset, posted, held, overdraft, version)), '[]') into v_balances from changed;
  return v_balances;
end
$$;
