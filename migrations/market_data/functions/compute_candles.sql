-- Computes the candles of spans (whole buckets) anew, from trades or from finer candles as the interval says, and writes what changed.
create or replace function compute_candles(
  p_symbol text, p_interval intervals, p_price_type text, p_source text, p_spans tstzmultirange, p_covered tstzmultirange,
  p_event_id text, p_at timestamptz, p_context write_context
) returns table (inserted integer, revised integer)
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_open_times timestamptz[]; v_opens numeric[]; v_highs numeric[]; v_lows numeric[]; v_closes numeric[];
  v_open_ats timestamptz[]; v_high_ats timestamptz[]; v_low_ats timestamptz[]; v_close_ats timestamptz[];
  v_base numeric[]; v_quote numeric[]; v_taker_base numeric[]; v_taker_quote numeric[]; v_counts bigint[]; v_closed boolean[];
begin
  if p_interval.rolled_from is null then
    select array_agg(c.open_time), array_agg(open), array_agg(high), array_agg(low), array_agg(close), array_agg(open_at), array_agg(high_at),
      array_agg(low_at), array_agg(close_at), array_agg(base_volume), array_agg(quote_volume), array_agg(taker_base_volume),
      array_agg(taker_quote_volume), array_agg(trade_count), array_agg(true)
    into v_open_times, v_opens, v_highs, v_lows, v_closes, v_open_ats, v_high_ats, v_low_ats, v_close_ats, v_base, v_quote, v_taker_base,
      v_taker_quote, v_counts, v_closed
    from unnest(p_spans) as s cross join lateral trade_candles(p_source, p_symbol, p_interval, lower(s), upper(s)) as c;
  else
    select array_agg(c.open_time), array_agg(open), array_agg(high), array_agg(low), array_agg(close), array_agg(open_at), array_agg(high_at),
      array_agg(low_at), array_agg(close_at), array_agg(base_volume), array_agg(quote_volume), array_agg(taker_base_volume),
      array_agg(taker_quote_volume), array_agg(trade_count), array_agg(true)
    into v_open_times, v_opens, v_highs, v_lows, v_closes, v_open_ats, v_high_ats, v_low_ats, v_close_ats, v_base, v_quote, v_taker_base,
      v_taker_quote, v_counts, v_closed
    from unnest(p_spans) as s cross join lateral rolled_candles(p_symbol, p_interval, p_price_type, p_source, lower(s), upper(s)) as c;
  end if;
  if v_open_times is null then
    inserted := 0;
    revised := 0;
    perform finish_candles(p_symbol, p_interval.name, p_price_type, p_source, 0, 0, null, null, null, p_covered, null, null, p_at, p_context);
  else
    select u.inserted, u.revised into inserted, revised
    from upsert_candles(p_symbol, p_interval.name, p_price_type, p_source, v_open_times, v_opens, v_highs, v_lows, v_closes, v_open_ats, v_high_ats,
      v_low_ats, v_close_ats, v_base, v_quote, v_taker_base, v_taker_quote, v_counts, v_closed, p_covered,
      candle_payload(v_open_times, v_opens, v_highs, v_lows, v_closes, v_base), p_event_id, p_at, p_context) as u;
  end if;
  return next;
end
$$;
