-- The open limit orders of a market right after its change `seq`: with the later order_events it gives the book at any later change.
create table book_snapshots (
  symbol text not null references markets,
  seq bigint not null check (seq >= 0),
  state jsonb not null check (jsonb_typeof(state) = 'array'),
  sha256 text not null check (length(sha256) = 64),
  taken_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (symbol, seq)
);
select make_append_only('book_snapshots');

-- Market orders are accepted but never in the book.
create view book_orders as
select o.symbol, o.id as order_id, o.account_id, o.side, o.limit_price, o.price_rank, o.leaves_qty, o.accept_seq, m.last_seq
from orders as o join market_states as m on m.symbol = o.symbol
where o.closed_at is null and o.accept_seq is not null and o.type = 'limit';
