-- The positions of one market on one account: locked before anything of it is read or changed, and how far its fills have been folded.
create table position_books (
  deployment_id text not null references deployments,
  account_id text not null,
  venue text not null,
  symbol text not null,
  last_trade_seq bigint not null default 0,
  last_order_id text not null default '',
  refolds integer not null default 0,
  primary key (deployment_id, account_id, venue, symbol)
);

-- A position is one cycle from flat to flat. It is a fold of its fills in their trade_seq and can be made again from them: a fill that
-- comes late has its market folded again. qty and cost are those of the open lots, signed; open_* and close_* are all that ever opened and
-- closed, so the average price of the entries stays when a part is closed. realized is without fees and adjustments.
create table positions (
  id text primary key,
  deployment_id text not null,
  account_id text not null,
  venue text not null,
  symbol text not null,
  leg position_leg not null,
  cycle integer not null check (cycle > 0),
  direction text not null check (direction in ('long', 'short')),
  qty amount not null,
  cost amount not null,
  open_qty nonnegative_amount not null,
  open_quote nonnegative_amount not null,
  close_qty nonnegative_amount not null,
  close_quote nonnegative_amount not null,
  peak_qty nonnegative_amount not null,
  realized amount not null,
  fees amount not null,
  -- Fees whose worth in the quote asset nobody told: they are in no sum.
  unconverted_fees integer not null default 0,
  adjustments amount not null default 0,
  last_lot integer not null default 0,
  last_match integer not null default 0,
  last_trade_seq bigint not null,
  tag text,
  exit_reason text,
  -- After folding again there were fewer cycles: this one is empty, its history stays.
  is_void boolean not null default false,
  version bigint not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  recorded_at timestamptz not null,
  constraint positions_cycle_key unique (deployment_id, account_id, venue, symbol, leg, cycle),
  constraint positions_book_fkey foreign key (deployment_id, account_id, venue, symbol) references position_books,
  constraint positions_closed check ((closed_at is not null) = (qty = 0) and (qty <> 0 or cost = 0)),
  constraint positions_direction check (qty = 0 or (direction = 'long') = (qty > 0)),
  constraint positions_quantities check (open_qty - close_qty = abs(qty))
) with (fillfactor = 80);
create unique index positions_open_key on positions (deployment_id, account_id, venue, symbol, leg) where closed_at is null;
create index positions_deployment on positions (deployment_id, opened_at, id);
create index positions_closed_at on positions (deployment_id, closed_at, id) where closed_at is not null and not is_void;

create table position_events (
  position_id text not null references positions,
  version bigint not null,
  type text not null check (type in ('opened', 'increased', 'reduced', 'closed', 'adjusted', 'folded-again')),
  qty amount not null,
  cost amount not null,
  realized amount not null,
  fees amount not null,
  adjustments amount not null,
  trade_id text,
  order_id text,
  last_trade_seq bigint not null,
  event_id text,
  source text,
  source_seq bigint,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (position_id, version)
);
select make_append_only('position_events');

create table lots (
  position_id text not null references positions,
  n integer not null,
  trade_id text not null,
  order_id text not null,
  price positive_amount not null,
  qty positive_amount not null,
  remaining nonnegative_amount not null,
  opened_at timestamptz not null,
  primary key (position_id, n),
  constraint lots_remaining check (remaining <= qty)
);
create index lots_open on lots (position_id, n) where remaining > 0;

-- Which lot a closing took and what it made of it. A fee in the base asset is taken out of the lots at the price of its fill.
create table lot_matches (
  position_id text not null,
  n integer not null,
  lot_n integer not null,
  trade_id text not null,
  order_id text not null,
  kind text not null check (kind in ('trade', 'fee')),
  method lot_method not null,
  qty positive_amount not null,
  open_price positive_amount not null,
  close_price positive_amount not null,
  pnl amount not null,
  matched_at timestamptz not null,
  primary key (position_id, n),
  foreign key (position_id, lot_n) references lots (position_id, n)
);

-- Money that a position made or cost beside its trades, in the quote asset.
create table position_adjustments (
  reference text primary key check (reference ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  position_id text not null references positions,
  kind text not null check (kind in ('funding', 'commission', 'correction')),
  amount amount not null check (amount <> 0),
  reason text check (length(reason) <= 200),
  request_hash text not null,
  adjusted_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index position_adjustments_position on position_adjustments (position_id);
select make_append_only('position_adjustments');
