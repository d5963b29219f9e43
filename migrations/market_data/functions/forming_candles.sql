-- The candles of a series that are not closed yet, as what is known makes them: from trades, or from the finer candles behind the watermark
-- and those still forming.
create or replace function forming_candles(p_symbol text, p_interval text, p_price_type text, p_source text)
returns table (open_time timestamptz, open numeric, high numeric, low numeric, close numeric, open_at timestamptz, high_at timestamptz,
  low_at timestamptz, close_at timestamptz, base_volume numeric, quote_volume numeric, taker_base_volume numeric, taker_quote_volume numeric,
  trade_count bigint)
language plpgsql
stable
set search_path from current
as $$
#variable_conflict use_column
declare
  v_interval intervals;
  v_from timestamptz;
begin
  select * into v_interval from intervals as i where i.name = p_interval;
  select closed_until into v_from from candle_watermarks as w
  where w.symbol = p_symbol and w.interval = p_interval and w.price_type = p_price_type and w.source = p_source;
  -- Nothing was ever closed: what is forming is the last bucket.
  v_from := coalesce(v_from, (select bucket_of(v_interval, s.last_event_at) from trade_series as s where s.venue = p_source and s.symbol = p_symbol));
  if v_from is null or p_price_type <> 'trade' then
    return;
  end if;
  if v_interval.rolled_from is null then
    return query select * from trade_candles(p_source, p_symbol, v_interval, v_from, 'infinity');
    return;
  end if;
  return query
  with f as (
    select c.open_time, c.open, c.high, c.low, c.close, c.open_at, c.high_at, c.low_at, c.close_at, c.base_volume, c.quote_volume, c.taker_base_volume,
      c.taker_quote_volume, c.trade_count
    from candles as c
    where c.symbol = p_symbol and c.interval = v_interval.rolled_from and c.price_type = p_price_type and c.source = p_source
      and c.open_time >= v_from and c.is_closed
    union all
    select * from forming_candles(p_symbol, v_interval.rolled_from, p_price_type, p_source) as g where g.open_time >= v_from)
  select bucket_of(v_interval, f.open_time), ((array_agg(f.open order by f.open_time))[1])::numeric, max(f.high)::numeric, min(f.low)::numeric,
    ((array_agg(f.close order by f.open_time desc))[1])::numeric, (array_agg(f.open_at order by f.open_time))[1],
    (array_agg(f.high_at order by f.high desc, f.open_time))[1], (array_agg(f.low_at order by f.low, f.open_time))[1],
    (array_agg(f.close_at order by f.open_time desc))[1], sum(f.base_volume),
    case when count(*) = count(f.quote_volume) then sum(f.quote_volume) end,
    case when count(*) = count(f.taker_base_volume) then sum(f.taker_base_volume) end,
    case when count(*) = count(f.taker_quote_volume) then sum(f.taker_quote_volume) end,
    case when count(*) = count(f.trade_count) then sum(f.trade_count)::bigint end
  from f group by 1;
end
$$;
