-- The last archived quote of each source: it stands until the next one comes.
create table quote_states (
  symbol text not null references instruments,
  source text not null,
  event_at timestamptz not null,
  seq bigint not null,
  bid positive_amount not null,
  bid_qty nonnegative_amount not null,
  ask positive_amount not null,
  ask_qty nonnegative_amount not null,
  depth_levels integer check (depth_levels > 0),
  bid_depth nonnegative_amount,
  ask_depth nonnegative_amount,
  primary key (symbol, source),
  constraint quote_states_depth check (num_nulls(depth_levels, bid_depth, ask_depth) in (0, 3))
);

-- A minute of quotes as sums that add up over any span: each price and quantity times the microseconds it stood.
create table quote_minutes (
  symbol text not null,
  source text not null,
  minute timestamptz not null check (minute = date_trunc('minute', minute, 'UTC')),
  micros bigint not null check (micros between 0 and 60000000),
  spread_sum numeric not null,
  mid2_sum numeric not null,
  bid_qty_sum numeric not null,
  ask_qty_sum numeric not null,
  spread_min amount not null,
  spread_max amount not null,
  depth_levels integer,
  depth_micros bigint not null check (depth_micros <= micros),
  bid_depth_sum numeric not null,
  ask_depth_sum numeric not null,
  quote_count bigint not null,
  crossed_count bigint not null check (crossed_count <= quote_count),
  primary key (symbol, source, minute),
  constraint quote_minutes_spread check (spread_min <= spread_max)
) partition by range (minute);
comment on column quote_minutes.mid2_sum is 'of bid + ask, twice the mid: halves are not exact in every number of digits';
select ensure_partitions('quote_minutes', clock_timestamp() + interval '6 months');
