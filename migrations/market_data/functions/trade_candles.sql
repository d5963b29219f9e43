-- The candles of a span (whole buckets) as the trades of a venue make them. Of several trades at the first or last instant the venue's order decides;
-- the time of a high or low is that of its first trade. What takers bought is known where every trade tells its side.
create or replace function trade_candles(p_venue text, p_symbol text, p_interval intervals, p_from timestamptz, p_until timestamptz)
returns table (open_time timestamptz, open numeric, high numeric, low numeric, close numeric, open_at timestamptz, high_at timestamptz,
  low_at timestamptz, close_at timestamptz, base_volume numeric, quote_volume numeric, taker_base_volume numeric, taker_quote_volume numeric,
  trade_count bigint)
language sql
stable
set search_path from current
as $$
  with b as (
    select bucket_of(p_interval, t.event_at) as open_time, min(t.event_at) as open_at, max(t.event_at) as close_at,
      max(t.price) as high, min(t.price) as low, sum(t.qty) as base_volume, sum(t.quote_qty) as quote_volume,
      case when count(*) = count(t.taker_side) then coalesce(sum(t.qty) filter (where t.taker_side = 'buy'), 0) end as taker_base_volume,
      case when count(*) = count(t.taker_side) then coalesce(sum(t.quote_qty) filter (where t.taker_side = 'buy'), 0) end as taker_quote_volume,
      count(*) as trade_count
    from trades as t
    where t.venue = p_venue and t.symbol = p_symbol and t.event_at >= p_from and t.event_at < p_until
    group by 1)
  select b.open_time, o.price, b.high, b.low, c.price, b.open_at, h.at, l.at, b.close_at, b.base_volume, b.quote_volume,
    b.taker_base_volume, b.taker_quote_volume, b.trade_count
  from b
  cross join lateral (
    select t.price from trades as t where t.venue = p_venue and t.symbol = p_symbol and t.event_at = b.open_at
    order by t.seq, t.venue_trade_id collate "C" limit 1) as o
  cross join lateral (
    select t.price from trades as t where t.venue = p_venue and t.symbol = p_symbol and t.event_at = b.close_at
    order by t.seq desc, t.venue_trade_id collate "C" desc limit 1) as c
  cross join lateral (
    select min(t.event_at) as at from trades as t
    where t.venue = p_venue and t.symbol = p_symbol and t.event_at between b.open_at and b.close_at and t.price = b.high) as h
  cross join lateral (
    select min(t.event_at) as at from trades as t
    where t.venue = p_venue and t.symbol = p_symbol and t.event_at between b.open_at and b.close_at and t.price = b.low) as l
$$;
