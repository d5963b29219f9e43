-- Rolls up the buckets that begin in a span; from then on, what changes in the finer candles is rolled up again.
-- ok | not-rolled-up
create or replace function roll_up_candles(
  p_symbol text, p_interval text, p_price_type text, p_source text, p_from timestamptz, p_until timestamptz,
  p_event_id text, p_at timestamptz, p_context write_context
) returns table (outcome text, inserted integer, revised integer, buckets integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_interval intervals;
  v_from timestamptz;
  v_until timestamptz;
  v_covered tstzmultirange;
begin
  select * into v_interval from intervals where name = p_interval;
  outcome := case when v_interval.rolled_from is null then 'not-rolled-up' else 'ok' end;
  inserted := 0;
  revised := 0;
  buckets := 0;
  if outcome = 'ok' then
    perform lock_candles(p_symbol, v_interval.rolled_from, p_price_type, p_source, null, null);
    perform lock_candles(p_symbol, p_interval, p_price_type, p_source, null, null);
    v_from := case when bucket_of(v_interval, p_from) = p_from then p_from else bucket_end(v_interval, bucket_of(v_interval, p_from)) end;
    v_until := case when bucket_of(v_interval, p_until) = p_until then p_until else bucket_end(v_interval, bucket_of(v_interval, p_until)) end;
    if v_from < v_until then
      select count(*), range_agg(tstzrange(b.open_time, bucket_end(v_interval, b.open_time))) into buckets, v_covered
      from (
        select distinct bucket_of(v_interval, f.open_time) as open_time from candles as f
        where f.symbol = p_symbol and f.interval = v_interval.rolled_from and f.price_type = p_price_type and f.source = p_source
          and f.open_time >= v_from and f.open_time < v_until and f.is_closed) as b;
      select c.inserted, c.revised into inserted, revised
      from compute_candles(p_symbol, v_interval, p_price_type, p_source, tstzmultirange(tstzrange(v_from, v_until)), v_covered,
        p_event_id, p_at, p_context) as c;
      update candle_watermarks as w set closed_until = greatest(w.closed_until, v_until)
      where w.symbol = p_symbol and w.interval = p_interval and w.price_type = p_price_type and w.source = p_source;
    end if;
  end if;
  return next;
end
$$;
