-- ok | stale, a member each. Of several for one market the latest counts.
create or replace function record_marks(p_symbols text[], p_prices numeric[], p_origins text[], p_ats timestamptz[])
returns table (outcome text)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  with given as (
    select g.symbol, g.price, g.origin, g.at, g.n
    from unnest(p_symbols, p_prices, p_origins, p_ats) with ordinality as g (symbol, price, origin, at, n)
  ),
  latest as (
    select distinct on (given.symbol) given.symbol, given.price, given.origin, given.at, given.n
    from given order by given.symbol, given.at desc, given.n desc
  ),
  stored as (
    insert into marks as m (symbol, price, origin, marked_at)
    select latest.symbol, latest.price, latest.origin, latest.at from latest order by latest.symbol
    on conflict (symbol) do update set price = excluded.price, origin = excluded.origin, marked_at = excluded.marked_at,
      recorded_at = clock_timestamp()
      where m.marked_at <= excluded.marked_at
    returning m.symbol
  )
  select case when latest.n = given.n and stored.symbol is not null then 'ok' else 'stale' end
  from given
  left join latest on latest.symbol = given.symbol
  left join stored on stored.symbol = given.symbol
  order by given.n;
end
$$;
