-- Candles of one series, each open time once. What differs from the row that stands becomes its next revision. Without an event id the
-- batch goes on: whoever writes the last of its parts ends it with finish_candles.
create or replace function upsert_candles(
  p_symbol text, p_interval text, p_price_type text, p_source text, p_open_times timestamptz[], p_opens numeric[], p_highs numeric[], p_lows numeric[],
  p_closes numeric[], p_open_ats timestamptz[], p_high_ats timestamptz[], p_low_ats timestamptz[], p_close_ats timestamptz[], p_base numeric[],
  p_quote numeric[], p_taker_base numeric[], p_taker_quote numeric[], p_counts bigint[], p_closed boolean[],
  p_covered tstzmultirange, p_payload jsonb, p_event_id text, p_at timestamptz, p_context write_context
) returns table (inserted integer, revised integer)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_first timestamptz;
  v_last timestamptz;
  v_occupied boolean;
  v_recorded_at timestamptz;
begin
  select min(t), max(t) into v_first, v_last from unnest(p_open_times) as t;
  select l.occupied, l.recorded_at into v_occupied, v_recorded_at
  from lock_candles(p_symbol, p_interval, p_price_type, p_source, v_first, v_last) as l;
  if not v_occupied then
    -- Under the series' lock nothing comes between: no row needs to be looked for.
    insert into candles (symbol, interval, price_type, source, open_time, open, high, low, close, open_at, high_at, low_at, close_at,
      base_volume, quote_volume, taker_base_volume, taker_quote_volume, trade_count, is_closed, recorded_at)
    select p_symbol, p_interval, p_price_type, p_source, t.*, v_recorded_at
    from unnest(p_open_times, p_opens, p_highs, p_lows, p_closes, p_open_ats, p_high_ats, p_low_ats, p_close_ats, p_base, p_quote, p_taker_base,
      p_taker_quote, p_counts, p_closed) as t;
    inserted := cardinality(p_open_times);
    revised := 0;
  else
    with written as (
      insert into candles as c (symbol, interval, price_type, source, open_time, open, high, low, close, open_at, high_at, low_at, close_at,
        base_volume, quote_volume, taker_base_volume, taker_quote_volume, trade_count, is_closed, recorded_at)
      select p_symbol, p_interval, p_price_type, p_source, t.*, v_recorded_at
      from unnest(p_open_times, p_opens, p_highs, p_lows, p_closes, p_open_ats, p_high_ats, p_low_ats, p_close_ats, p_base, p_quote, p_taker_base,
        p_taker_quote, p_counts, p_closed) as t
      on conflict (symbol, interval, price_type, source, open_time) do update
        set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, open_at = excluded.open_at,
          high_at = excluded.high_at, low_at = excluded.low_at, close_at = excluded.close_at, base_volume = excluded.base_volume,
          quote_volume = excluded.quote_volume, taker_base_volume = excluded.taker_base_volume, taker_quote_volume = excluded.taker_quote_volume,
          trade_count = excluded.trade_count, is_closed = excluded.is_closed, revision = c.revision + 1, recorded_at = excluded.recorded_at
        where (c.open, c.high, c.low, c.close, c.open_at, c.high_at, c.low_at, c.close_at, c.base_volume, c.quote_volume, c.taker_base_volume,
            c.taker_quote_volume, c.trade_count, c.is_closed)
          is distinct from (excluded.open, excluded.high, excluded.low, excluded.close, excluded.open_at, excluded.high_at, excluded.low_at,
            excluded.close_at, excluded.base_volume, excluded.quote_volume, excluded.taker_base_volume, excluded.taker_quote_volume,
            excluded.trade_count, excluded.is_closed)
      returning open_time, revision)
    select count(*) filter (where revision = 1), count(*) filter (where revision > 1), min(open_time), max(open_time)
    into inserted, revised, v_first, v_last from written;
  end if;
  if p_event_id is not null then
    perform finish_candles(p_symbol, p_interval, p_price_type, p_source, inserted, revised, v_first, v_last, p_open_times, p_covered,
      p_payload, p_event_id, p_at, p_context);
  end if;
  return next;
end
$$;
