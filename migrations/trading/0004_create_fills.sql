-- The fills of our orders as the venue told them. Quantity and price are exact; a fee may be in any asset, and its worth in the quote
-- asset is kept with the rate and where the rate is from (absent where there was none).
create table fills (
  venue text not null,
  trade_id text not null,
  order_id text not null references orders,
  deployment_id text not null,
  account_id text not null,
  symbol text not null,
  side order_side not null,
  leg position_leg not null,
  -- Dense a market of the venue: the order in which fills count, however they arrive.
  trade_seq bigint not null check (trade_seq > 0),
  price positive_amount not null,
  qty positive_amount not null,
  quote_qty positive_amount not null,
  liquidity text check (liquidity in ('maker', 'taker')),
  fee amount not null,
  fee_asset text not null,
  fee_quote amount,
  fee_rate amount,
  fee_rate_source text check (length(fee_rate_source) between 1 and 64),
  close_lots text[] not null,
  tag text,
  exit_reason text,
  content_hash text not null,
  matched_at timestamptz not null,
  correlation_id text,
  source text,
  source_seq bigint,
  recorded_at timestamptz not null,
  primary key (venue, trade_id, order_id),
  constraint fills_value check (quote_qty = price * qty)
);
create index fills_order on fills (order_id, trade_seq);
create index fills_book on fills (deployment_id, account_id, venue, symbol, trade_seq, order_id);
create index fills_deployment on fills (deployment_id, matched_at, trade_id, order_id);
select make_append_only('fills');

-- What cannot be ours as it is told: kept as it came, for somebody to look at or for the order that is still missing.
create table quarantined_fills (
  venue text not null,
  trade_id text not null,
  order_id text not null,
  content_hash text not null,
  reason text not null check (reason in ('unknown-order', 'other-content', 'not-of-this-order', 'overfilled')),
  fill jsonb not null,
  quarantined_at timestamptz not null,
  resolved_at timestamptz,
  resolution text check (resolution in ('applied', 'discarded')),
  note text check (length(note) <= 200),
  source text,
  source_seq bigint,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (venue, trade_id, order_id, content_hash),
  constraint quarantined_fills_resolved check ((resolved_at is null) = (resolution is null))
);
create index quarantined_fills_open on quarantined_fills (quarantined_at, venue, trade_id, order_id) where resolved_at is null;
create index quarantined_fills_waiting on quarantined_fills (order_id) where resolved_at is null and reason = 'unknown-order';
