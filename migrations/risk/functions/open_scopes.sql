-- Makes the scopes of these accounts where they are missing, locks all of these scopes that are counted, and answers them. In one order.
create or replace function open_scopes(p_account_ids text[], p_strategy_ids text[], p_venues text[], p_at timestamptz) returns text[]
language plpgsql
set search_path from current
as $$
declare
  v_accounts text[] := array(select distinct 'account:' || a from unnest(p_account_ids) as a order by 1);
  v_wanted text[];
begin
  insert into scopes (scope, counted_from) select a, p_at from unnest(v_accounts) as a order by a on conflict do nothing;
  v_wanted := v_accounts || array(select 'strategy:' || s from unnest(p_strategy_ids) as s where s is not null)
    || array(select 'venue:' || v from unnest(p_venues) as v) || array['firm'];
  return array(select s.scope::text from scopes as s where s.scope = any (v_wanted) order by s.scope for no key update);
end
$$;
