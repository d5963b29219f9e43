create domain taker_side as text check (value in ('buy', 'sell'));

-- One row a series: its lock and what is known of it.
create table trade_series (
  venue text not null,
  symbol text not null references instruments,
  version bigint not null default 0,
  trade_count bigint not null default 0,
  first_event_at timestamptz,
  last_event_at timestamptz,
  primary key (venue, symbol)
);

-- Trades of one instant are in the order of seq, then of their ids. recorded_at is that of the batch.
create table trades (
  venue text not null,
  symbol text not null,
  event_at timestamptz not null,
  venue_trade_id text not null check (venue_trade_id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  seq bigint not null default 0,
  price positive_amount not null,
  qty positive_amount not null,
  quote_qty positive_amount not null,
  taker_side taker_side,
  recorded_at timestamptz not null,
  primary key (venue, symbol, event_at, venue_trade_id),
  constraint trades_value check (quote_qty = price * qty)
) partition by range (event_at);
select make_append_only('trades');
select ensure_partitions('trades', clock_timestamp() + interval '6 months');
