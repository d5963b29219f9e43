create table fills (
  venue text not null check (length(venue) between 1 and 64),
  fill_id text not null,
  account_id text not null,
  strategy_id text,
  order_id text,
  symbol text not null,
  side order_side not null,
  qty positive_amount not null,
  price positive_amount not null,
  fee nonnegative_amount not null default 0,
  fee_asset text,
  trade_seq bigint not null check (trade_seq > 0),
  filled_at timestamptz not null,
  request_hash text not null,
  source text,
  source_seq bigint,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (venue, fill_id),
  constraint fills_fee_has_an_asset check (fee = 0 or fee_asset is not null)
);
select make_append_only('fills');
create index fills_position on fills (venue, account_id, symbol, trade_seq, fill_id);
create index fills_account on fills (account_id, recorded_at);

-- The fold of the fills of an account at a venue, in the order of their trade sequence. cost is what was paid for what is held (negative
-- for a short): realized = proceeds less the part of cost that was closed, so cost + cash of all fills = realized, to the digit.
create table venue_positions (
  venue text not null,
  account_id text not null,
  symbol text not null,
  qty amount not null default 0,
  cost amount not null default 0,
  realized amount not null default 0,
  -- In the quote asset; other fees are in the fills.
  fees amount not null default 0,
  fills integer not null default 0,
  last_trade_seq bigint not null default 0,
  as_of timestamptz not null,
  version bigint not null default 1,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, venue, symbol),
  constraint venue_positions_flat_has_no_cost check (qty <> 0 or cost = 0),
  constraint venue_positions_cost_has_the_sign_of_qty check (sign(cost) in (0, sign(qty)))
) with (fillfactor = 80);
create index venue_positions_symbol on venue_positions (symbol);
