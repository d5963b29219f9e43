-- Writes what has changed of exposures whose scopes the caller holds.
create or replace function write_exposures(p_exposures exposures[], p_dirty boolean[]) returns void
language sql
set search_path from current
as $$
  insert into exposures as e
  select x.scope, x.symbol, x.net_qty, x.cash, x.buying, x.selling, x.open_orders, x.version, x.recorded_at
  from unnest(p_exposures, p_dirty) as x (scope, symbol, net_qty, cash, buying, selling, open_orders, version, recorded_at, dirty)
  where x.dirty
  on conflict (scope, symbol) do update set buying = excluded.buying, selling = excluded.selling, open_orders = excluded.open_orders,
    version = e.version + 1, recorded_at = excluded.recorded_at
$$;
