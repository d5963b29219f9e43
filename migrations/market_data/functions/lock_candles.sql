-- Locks the row of a series: whoever writes its candles goes one after the other. occupied says whether any candle begins in the span, and
-- under the lock it stays so.
create or replace function lock_candles(p_symbol text, p_interval text, p_price_type text, p_source text, p_first timestamptz, p_last timestamptz)
returns table (occupied boolean, recorded_at timestamptz)
language plpgsql
set search_path from current
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  insert into candle_watermarks (symbol, interval, price_type, source) values (p_symbol, p_interval, p_price_type, p_source)
  on conflict do nothing;
  perform from candle_watermarks as w
  where w.symbol = p_symbol and w.interval = p_interval and w.price_type = p_price_type and w.source = p_source for no key update;
  occupied := exists (
    select from candles as c
    where c.symbol = p_symbol and c.interval = p_interval and c.price_type = p_price_type and c.source = p_source
      and c.open_time between p_first and p_last);
  recorded_at := clock_timestamp();
  return next;
end
$$;
