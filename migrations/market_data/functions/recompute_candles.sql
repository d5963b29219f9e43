-- Computes again up to p_limit buckets of one series that late trades or revised finer candles touched, finer intervals first; 0 where there is none.
-- The series is locked before its marks are claimed, as whoever sets them does.
create or replace function recompute_candles(p_limit integer, p_event_id text, p_at timestamptz, p_context write_context)
returns table (recomputed integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_series record;
  v_interval intervals;
  v_spans tstzmultirange;
begin
  recomputed := 0;
  select d.symbol, d.interval, d.price_type, d.source into v_series
  from ordered_intervals() as o
  cross join lateral (select d.* from candle_dirty as d where d.interval = o.name limit 1) as d
  order by o.depth, o.name limit 1;
  if found then
    select * into v_interval from intervals where name = v_series.interval;
    if v_interval.rolled_from is null then
      perform from trade_series where venue = v_series.source and symbol = v_series.symbol for no key update;
    else
      perform lock_candles(v_series.symbol, v_interval.rolled_from, v_series.price_type, v_series.source, null, null);
    end if;
    perform lock_candles(v_series.symbol, v_series.interval, v_series.price_type, v_series.source, null, null);
    with claimed as (
      delete from candle_dirty as d using (
        select open_time from candle_dirty as c
        where (c.symbol, c.interval, c.price_type, c.source) = (v_series.symbol, v_series.interval, v_series.price_type, v_series.source)
        order by open_time limit p_limit for update skip locked) as chosen
      where (d.symbol, d.interval, d.price_type, d.source) = (v_series.symbol, v_series.interval, v_series.price_type, v_series.source)
        and d.open_time = chosen.open_time
      returning d.open_time)
    select count(*), range_agg(tstzrange(open_time, bucket_end(v_interval, open_time))) into recomputed, v_spans from claimed;
    if recomputed > 0 then
      perform compute_candles(v_series.symbol, v_interval, v_series.price_type, v_series.source, v_spans, v_spans, p_event_id, p_at, p_context);
    end if;
  end if;
  return next;
end
$$;
