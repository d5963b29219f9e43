-- All levels of a book at one sequence, best first; derived ones are made of the one before and its deltas, so that no replay is long.
create table book_snapshots (
  symbol text not null references instruments,
  seq bigint not null check (seq >= 0),
  event_at timestamptz not null,
  bid_prices numeric[] not null,
  bid_qtys numeric[] not null,
  ask_prices numeric[] not null,
  ask_qtys numeric[] not null,
  checksum bigint not null check (checksum between 0 and 4294967295),
  derived boolean not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (symbol, seq),
  constraint book_snapshots_levels check (cardinality(bid_prices) = cardinality(bid_qtys) and cardinality(ask_prices) = cardinality(ask_qtys))
);

-- One row a changed level; the quantity is the new one, 0 where the level is gone. A delta follows prev_seq, whose number need not be one less.
create domain book_side as text check (value in ('bid', 'ask'));
create table book_deltas (
  symbol text not null references instruments,
  seq bigint not null,
  n integer not null check (n >= 0),
  prev_seq bigint not null check (prev_seq < seq),
  event_at timestamptz not null,
  side book_side not null,
  price positive_amount not null,
  qty nonnegative_amount not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (symbol, seq, n)
);
