-- What every write of candles of one series ends with, under the lock of its row: coverage, coarser candles that were closed over
-- older content, and the one event of the batch.
create or replace function finish_candles(
  p_symbol text, p_interval text, p_price_type text, p_source text, p_inserted integer, p_revised integer, p_first timestamptz, p_last timestamptz,
  p_open_times timestamptz[], p_covered tstzmultirange, p_payload jsonb, p_event_id text, p_at timestamptz, p_context write_context
) returns void
language plpgsql
set search_path from current
as $$
#variable_conflict use_column
declare
  v_version bigint;
begin
  if p_covered is not null then
    perform cover_range(p_symbol, 'candles', p_source, p_interval, p_price_type, p_covered);
  end if;
  if p_inserted + p_revised = 0 then
    return;
  end if;
  insert into candle_dirty (symbol, interval, price_type, source, open_time)
  select distinct p_symbol, i.name, p_price_type, p_source, bucket_of(i, t.open_time)
  from intervals as i
  join candle_watermarks as w on w.symbol = p_symbol and w.interval = i.name and w.price_type = p_price_type and w.source = p_source
  cross join lateral (
    select c.open_time from candles as c
    where p_open_times is null and c.symbol = p_symbol and c.interval = p_interval and c.price_type = p_price_type and c.source = p_source
      and c.open_time between p_first and p_last and c.open_time < w.closed_until
    union all
    select u.open_time from unnest(p_open_times) as u (open_time) where u.open_time < w.closed_until) as t
  where i.rolled_from = p_interval
  on conflict do nothing;
  update candle_watermarks as w set version = w.version + 1, updated_at = clock_timestamp()
  where w.symbol = p_symbol and w.interval = p_interval and w.price_type = p_price_type and w.source = p_source
  returning w.version into v_version;
  perform append_event(p_event_id, 'candles.closed', 'candles', concat_ws('/', p_symbol, p_interval, p_price_type, p_source), v_version,
    p_payload || jsonb_build_object('symbol', p_symbol, 'interval', p_interval, 'priceType', p_price_type, 'source', p_source,
      'count', p_inserted + p_revised, 'revised', p_revised, 'from', instant_text(p_first), 'to', instant_text(p_last)),
    p_at, p_context);
end
$$;
