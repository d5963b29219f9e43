-- Closes every bucket that is over at p_until: those built from the trades of a venue, then those rolled up from them, from fine to coarse. One
-- event id an interval, in the order of ordered_intervals. The row of the trades is locked first: no trade slips in between.
create or replace function build_candles(
  p_symbol text, p_source text, p_until timestamptz, p_event_ids text[], p_at timestamptz, p_context write_context
) returns table (interval_name text, closed integer, closed_until timestamptz)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_series trade_series;
  v_interval intervals;
  v_name text;
  v_n integer;
  v_from timestamptz;
  v_until timestamptz;
begin
  select * into v_series from trade_series where venue = p_source and symbol = p_symbol for no key update;
  if v_series.first_event_at is null then
    return;
  end if;
  for v_name, v_n in select o.name, row_number() over (order by o.depth, o.name) from ordered_intervals() as o order by o.depth, o.name loop
    select * into v_interval from intervals where name = v_name;
    perform lock_candles(p_symbol, v_interval.name, 'trade', p_source, null, null);
    select w.closed_until into v_from from candle_watermarks as w
    where w.symbol = p_symbol and w.interval = v_interval.name and w.price_type = 'trade' and w.source = p_source;
    v_from := coalesce(v_from, bucket_of(v_interval, v_series.first_event_at));
    -- A coarser bucket is over when the finer ones in it are closed.
    v_until := bucket_of(v_interval, case when v_interval.rolled_from is null then p_until else (
      select w.closed_until from candle_watermarks as w
      where w.symbol = p_symbol and w.interval = v_interval.rolled_from and w.price_type = 'trade' and w.source = p_source) end);
    interval_name := v_interval.name;
    closed := 0;
    closed_until := v_from;
    if v_until > v_from then
      select c.inserted + c.revised into closed
      from compute_candles(p_symbol, v_interval, 'trade', p_source, tstzmultirange(tstzrange(v_from, v_until)),
        tstzmultirange(tstzrange(v_from, v_until)), p_event_ids[v_n], p_at, p_context) as c;
      update candle_watermarks as w set closed_until = v_until
      where w.symbol = p_symbol and w.interval = v_interval.name and w.price_type = 'trade' and w.source = p_source;
      closed_until := v_until;
    end if;
    return next;
  end loop;
end
$$;
