-- What the reader role sees, for checks within this schema and against others.

create view facts_instruments as
select symbol, base, quote, tick_size, price_scale, step_size, qty_scale, status::text, version from instruments;

create view facts_trades as
select venue, symbol, event_at, venue_trade_id, seq, price, qty, quote_qty, taker_side::text, recorded_at from trades;

create view facts_trade_series as
select venue, symbol, version, trade_count, first_event_at, last_event_at from trade_series;

create view facts_intervals as
select name, unit::text, extract(epoch from step)::bigint as seconds, origin, time_zone, rolled_from from intervals;

create view facts_candles as
select symbol, interval, price_type::text, source, open_time, open, high, low, close, open_at, high_at, low_at, close_at, base_volume, quote_volume,
  taker_base_volume, taker_quote_volume, trade_count, is_closed, revision, recorded_at
from candles;

create view facts_candle_watermarks as
select symbol, interval, price_type::text, source, closed_until, version from candle_watermarks;

create view facts_candle_dirty as
select symbol, interval, price_type::text, source, open_time from candle_dirty;

create view facts_candle_revisions as
select symbol, interval, price_type::text, source, open_time, revision, open, high, low, close, base_volume, recorded_at, replaced_at
from candle_revisions;

create view facts_coverage as
select symbol, kind::text, source, interval, price_type, covered from coverage;

create view facts_ticks as
select symbol, source, event_at, seq, price, bid, ask from price_ticks;

create view facts_archive_gaps as
select series, after_position, version, found_at from archive_gaps;
