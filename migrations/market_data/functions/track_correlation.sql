-- Partial sums of the logarithmic returns of closed candles that both symbols have, over the UTC days that begin in the range. A return
-- needs the candle right before its own, of both; the first of a day may have it in the day before.
-- ok | unknown-instrument | unknown-interval
create or replace function track_correlation(
  p_first text, p_second text, p_interval text, p_price_type text, p_source text, p_from timestamptz, p_to timestamptz, p_at timestamptz
) returns table (outcome text, changed bigint)
language plpgsql
set search_path from current
as $$
declare
  v_interval intervals;
  v record;
begin
  select * into v_interval from intervals where name = p_interval;
  with closes as (
    select f.open_time, ln(f.close::double precision) as f, ln(s.close::double precision) as s
    from candles as f
    join candles as s on s.symbol = p_second and s.interval = p_interval and s.price_type = p_price_type and s.source = p_source
      and s.open_time = f.open_time and s.is_closed
    where f.symbol = p_first and f.interval = p_interval and f.price_type = p_price_type and f.source = p_source and f.is_closed
      and f.open_time >= p_from - v_interval.step and f.open_time < p_to
  ),
  returns as (
    select open_time, f - lag(f) over w as f, s - lag(s) over w as s, bucket_end(v_interval, lag(open_time) over w) as expected
    from closes window w as (order by open_time)
  ),
  partials as (
    select date_trunc('day', open_time, 'UTC') as bucket, count(*) as n, avg(f) as mean_f, avg(s) as mean_s,
      regr_sxx(s, f) as squares_f, regr_syy(s, f) as squares_s, regr_sxy(s, f) as products
    from returns where expected = open_time and open_time >= p_from
    group by 1
  )
  select coalesce(array_agg(bucket order by bucket), '{}') as buckets, coalesce(array_agg(n order by bucket), '{}') as counts,
    coalesce(array_agg(mean_f order by bucket), '{}') as means_f, coalesce(array_agg(mean_s order by bucket), '{}') as means_s,
    coalesce(array_agg(squares_f order by bucket), '{}') as squares_f, coalesce(array_agg(squares_s order by bucket), '{}') as squares_s,
    coalesce(array_agg(products order by bucket), '{}') as products
  into v from partials;
  return query select * from record_correlation_partials(p_first, p_second, p_interval, p_source, v.buckets, v.counts, v.means_f, v.means_s,
    v.squares_f, v.squares_s, v.products, p_at);
end
$$;
