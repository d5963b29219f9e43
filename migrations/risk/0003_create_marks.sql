create domain mark_kind as text check (value in ('mark', 'bid', 'ask', 'last', 'close'));

-- The latest price of each kind.
create table marks (
  symbol text not null,
  kind mark_kind not null,
  price positive_amount not null,
  source text not null check (length(source) between 1 and 64),
  seq bigint not null check (seq >= 0),
  event_at timestamptz not null,
  received_at timestamptz not null,
  version bigint not null default 1,
  primary key (symbol, kind)
) with (fillfactor = 50);

-- One price a period, for returns: the last one of it.
create table mark_history (
  symbol text not null,
  period_ms bigint not null check (period_ms > 0),
  starts_at timestamptz not null,
  price positive_amount not null,
  source text not null,
  event_at timestamptz not null,
  primary key (symbol, period_ms, starts_at)
);
