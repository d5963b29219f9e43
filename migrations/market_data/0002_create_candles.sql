-- How time is cut. Fixed steps are counted from an origin; days, weeks (from Monday) and months follow the calendar of a time zone.
-- rolled_from is the finer interval whose candles make up this one; where it is null, candles are built from trades.
create domain interval_unit as text check (value in ('fixed', 'day', 'week', 'month'));

create table intervals (
  name text primary key check (name ~ '^[A-Za-z0-9][A-Za-z0-9@/_+-]{0,39}$'),
  unit interval_unit not null,
  step interval not null check (step > interval '0'),
  origin timestamptz not null default '1970-01-05T00:00:00Z',
  time_zone text not null default 'UTC',
  rolled_from text references intervals check (rolled_from <> name),
  recorded_at timestamptz not null default clock_timestamp(),
  constraint intervals_step check (case unit
    when 'day' then step = interval '1 day'
    when 'week' then step = interval '7 days'
    when 'month' then step = interval '1 month'
    else extract(epoch from step) = trunc(extract(epoch from step)) and time_zone = 'UTC' end)
);
select make_append_only('intervals');

insert into intervals (name, unit, step, rolled_from) values
  ('1m', 'fixed', interval '1 minute', null),
  ('5m', 'fixed', interval '5 minutes', '1m'),
  ('15m', 'fixed', interval '15 minutes', '5m'),
  ('1h', 'fixed', interval '1 hour', '15m'),
  ('4h', 'fixed', interval '4 hours', '1h'),
  ('1d', 'day', interval '1 day', '4h'),
  ('1w', 'week', interval '7 days', '1d'),
  ('1M', 'month', interval '1 month', '1d');

-- The bucket that holds an instant, and the instant at which a bucket ends.
create function bucket_of(i intervals, at timestamptz) returns timestamptz
language sql
stable
as $$
  select case i.unit when 'fixed' then date_bin(i.step, at, i.origin) else date_trunc(i.unit, at, i.time_zone) end
$$;
create function bucket_end(i intervals, open_time timestamptz) returns timestamptz
language sql
stable
as $$
  select case i.unit when 'fixed' then open_time + i.step else ((open_time at time zone i.time_zone) + i.step) at time zone i.time_zone end
$$;

create domain price_type as text check (value in ('trade', 'bid', 'ask', 'mid', 'mark'));

-- One row a series: its lock, its version, and until when its candles are closed (null where nothing builds it: it is only loaded).
create table candle_watermarks (
  symbol text not null references instruments,
  interval text not null references intervals,
  price_type price_type not null,
  source text not null,
  closed_until timestamptz,
  version bigint not null default 0,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (symbol, interval, price_type, source)
);

-- Complete enough to be rolled up: the time of each price, sums of price times quantity. What a source does not tell is null, and so is
-- what is rolled up from it.
create table candles (
  symbol text not null,
  interval text not null,
  price_type price_type not null,
  source text not null,
  open_time timestamptz not null,
  open positive_amount not null,
  high positive_amount not null,
  low positive_amount not null,
  close positive_amount not null,
  open_at timestamptz,
  high_at timestamptz,
  low_at timestamptz,
  close_at timestamptz,
  base_volume nonnegative_amount not null,
  quote_volume nonnegative_amount,
  taker_base_volume nonnegative_amount,
  taker_quote_volume nonnegative_amount,
  trade_count bigint check (trade_count >= 0),
  is_closed boolean not null default true,
  revision integer not null default 1,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (symbol, interval, price_type, source, open_time),
  constraint candles_prices check (low <= open and low <= close and high >= open and high >= close),
  constraint candles_taker check (taker_base_volume <= base_volume and taker_quote_volume <= quote_volume)
) partition by range (open_time);
select ensure_partitions('candles', clock_timestamp() + interval '6 months');

-- What a candle was before it was changed, and from when to when it was known so.
create table candle_revisions (
  symbol text not null,
  interval text not null,
  price_type price_type not null,
  source text not null,
  open_time timestamptz not null,
  revision integer not null,
  open amount not null,
  high amount not null,
  low amount not null,
  close amount not null,
  open_at timestamptz,
  high_at timestamptz,
  low_at timestamptz,
  close_at timestamptz,
  base_volume amount not null,
  quote_volume amount,
  taker_base_volume amount,
  taker_quote_volume amount,
  trade_count bigint,
  is_closed boolean not null,
  recorded_at timestamptz not null,
  replaced_at timestamptz not null,
  primary key (symbol, interval, price_type, source, open_time, revision)
);
select make_append_only('candle_revisions');

-- Kept by the table itself, so that no way to change a candle forgets it.
create function keep_candle_revisions() returns trigger
language plpgsql
set search_path from current
as $$
begin
  insert into candle_revisions (symbol, interval, price_type, source, open_time, revision, open, high, low, close, open_at, high_at, low_at, close_at,
    base_volume, quote_volume, taker_base_volume, taker_quote_volume, trade_count, is_closed, recorded_at, replaced_at)
  select symbol, interval, price_type, source, open_time, revision, open, high, low, close, open_at, high_at, low_at, close_at,
    base_volume, quote_volume, taker_base_volume, taker_quote_volume, trade_count, is_closed, recorded_at, clock_timestamp()
  from replaced;
  return null;
end
$$;
create trigger keep_revisions after update on candles referencing old table as replaced
  for each statement execute function keep_candle_revisions();

-- Buckets whose content changed after they were closed; whoever recomputes one deletes it here.
create table candle_dirty (
  symbol text not null,
  interval text not null,
  price_type price_type not null,
  source text not null,
  open_time timestamptz not null,
  marked_at timestamptz not null default clock_timestamp(),
  primary key (symbol, interval, price_type, source, open_time)
);

-- What is there of each series, gaps left out. interval and price_type are empty for what has none.
create domain coverage_kind as text check (value in ('trades', 'candles', 'ticks', 'quotes', 'book'));
create table coverage (
  symbol text not null references instruments,
  kind coverage_kind not null,
  source text not null,
  interval text not null default '',
  price_type text not null default '',
  covered tstzmultirange not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (symbol, kind, source, interval, price_type)
);
