-- The candles of a span (whole buckets) as the closed candles of the finer interval make them: first open, last close, highest high, lowest low,
-- each with its time, and sums. What one of them does not tell, none does.
create or replace function rolled_candles(
  p_symbol text, p_interval intervals, p_price_type text, p_source text, p_from timestamptz, p_until timestamptz
) returns table (open_time timestamptz, open numeric, high numeric, low numeric, close numeric, open_at timestamptz, high_at timestamptz,
  low_at timestamptz, close_at timestamptz, base_volume numeric, quote_volume numeric, taker_base_volume numeric, taker_quote_volume numeric,
  trade_count bigint)
language sql
stable
set search_path from current
as $$
  with b as (
    select bucket_of(p_interval, f.open_time) as open_time, min(f.open_time) as first, max(f.open_time) as last, max(f.high) as high, min(f.low) as low,
      sum(f.base_volume) as base_volume,
      case when count(*) = count(f.quote_volume) then sum(f.quote_volume) end as quote_volume,
      case when count(*) = count(f.taker_base_volume) then sum(f.taker_base_volume) end as taker_base_volume,
      case when count(*) = count(f.taker_quote_volume) then sum(f.taker_quote_volume) end as taker_quote_volume,
      case when count(*) = count(f.trade_count) then sum(f.trade_count)::bigint end as trade_count
    from candles as f
    where f.symbol = p_symbol and f.interval = p_interval.rolled_from and f.price_type = p_price_type and f.source = p_source
      and f.open_time >= p_from and f.open_time < p_until and f.is_closed
    group by 1)
  select b.open_time, o.open, b.high, b.low, c.close, o.open_at, h.high_at, l.low_at, c.close_at, b.base_volume, b.quote_volume,
    b.taker_base_volume, b.taker_quote_volume, b.trade_count
  from b
  join candles as o on o.symbol = p_symbol and o.interval = p_interval.rolled_from and o.price_type = p_price_type and o.source = p_source
    and o.open_time = b.first
  join candles as c on c.symbol = p_symbol and c.interval = p_interval.rolled_from and c.price_type = p_price_type and c.source = p_source
    and c.open_time = b.last
  cross join lateral (
    select f.high_at from candles as f
    where f.symbol = p_symbol and f.interval = p_interval.rolled_from and f.price_type = p_price_type and f.source = p_source
      and f.open_time between b.first and b.last and f.high = b.high and f.is_closed order by f.open_time limit 1) as h
  cross join lateral (
    select f.low_at from candles as f
    where f.symbol = p_symbol and f.interval = p_interval.rolled_from and f.price_type = p_price_type and f.source = p_source
      and f.open_time between b.first and b.last and f.low = b.low and f.is_closed order by f.open_time limit 1) as l
$$;
