-- Adds to what a scope has of a symbol, in each of the scopes that are counted. Their rows are locked.
create or replace function change_exposure(
  p_counted text[], p_account_id text, p_strategy_id text, p_venue text, p_symbol text, p_net numeric, p_cash numeric, p_buying numeric,
  p_selling numeric, p_orders integer
) returns void
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
begin
  insert into exposures as e (scope, symbol, net_qty, cash, buying, selling, open_orders)
  select s, p_symbol, p_net, p_cash, greatest(p_buying, 0), greatest(p_selling, 0), greatest(p_orders, 0)
  from unnest(p_counted) as s
  where s = any (array['account:' || p_account_id, 'strategy:' || p_strategy_id, 'venue:' || p_venue, 'firm'])
  on conflict (scope, symbol) do update set
    net_qty = e.net_qty + p_net, cash = e.cash + p_cash, buying = e.buying + p_buying, selling = e.selling + p_selling,
    open_orders = e.open_orders + p_orders, version = e.version + 1, recorded_at = clock_timestamp();
end
$$;
