-- Fees are in the quote asset, on both sides: the buyer pays price times quantity and its fee, the seller gets it less its fee.
create table trades (
  id text primary key,
  symbol text not null,
  trade_seq bigint not null,
  maker_order_id text not null,
  taker_order_id text not null,
  maker_account_id text not null,
  taker_account_id text not null,
  taker_side order_side not null,
  price positive_amount not null,
  qty positive_amount not null,
  quote_qty positive_amount not null,
  maker_fee nonnegative_amount not null,
  taker_fee nonnegative_amount not null,
  fee_asset text not null,
  event_id text not null,
  matched_at timestamptz not null,
  recorded_at timestamptz not null,
  constraint trades_seq_key unique (symbol, trade_seq),
  constraint trades_value check (quote_qty = price * qty)
);
create index trades_maker_account on trades (maker_account_id, matched_at, id);
create index trades_taker_account on trades (taker_account_id, matched_at, id);
select make_append_only('trades');

-- What would have been a trade of an account with itself, and what its taker's mode did instead.
create table prevented_matches (
  id text primary key,
  symbol text not null,
  account_id text not null,
  maker_order_id text not null,
  taker_order_id text not null,
  price positive_amount not null,
  qty positive_amount not null,
  stp_mode stp_mode not null,
  prevented_at timestamptz not null,
  recorded_at timestamptz not null
);
create index prevented_matches_account on prevented_matches (account_id, prevented_at, id);
select make_append_only('prevented_matches');
