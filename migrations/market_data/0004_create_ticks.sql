-- What Redis took first, moved here by the archiver. recorded_at is that of its batch.
create table price_ticks (
  symbol text not null,
  source text not null,
  event_at timestamptz not null,
  seq bigint not null check (seq >= 0),
  price positive_amount not null,
  bid positive_amount,
  ask positive_amount,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (symbol, source, event_at, seq),
  constraint price_ticks_spread check (bid <= ask)
) partition by range (event_at);
select make_append_only('price_ticks');
select ensure_partitions('price_ticks', clock_timestamp() + interval '6 months');

-- The last tick of each source: what Redis is brought back from, and what answers without Redis.
create table last_ticks (
  symbol text not null references instruments,
  source text not null,
  event_at timestamptz not null,
  seq bigint not null,
  price positive_amount not null,
  bid positive_amount,
  ask positive_amount,
  primary key (symbol, source)
);
