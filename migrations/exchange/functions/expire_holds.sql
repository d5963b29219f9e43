-- Closes the holds that are due at p_at, the earliest first; sweepers pass each other by.
create or replace function expire_holds(p_at timestamptz, p_limit integer) returns table (hold_ids text[], balances jsonb)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
begin
  select coalesce(array_agg(id), '{}') into hold_ids from (
    select id from holds where state = 'open' and expires_at <= p_at order by expires_at, id limit p_limit for no key update skip locked) as due;
  balances := close_holds(hold_ids, 'expired', p_at);
  return next;
end
$$;
