create table assets (
  code text primary key check (code ~ '^[A-Z0-9]{1,16}$'),
  scale integer not null check (scale between 0 and 18),
  name text check (length(name) between 1 and 64),
  recorded_at timestamptz not null default clock_timestamp(),
  constraint assets_scale_key unique (code, scale)
);
select make_append_only('assets');

-- Rates are fractions of the quote quantity. The maker's never exceeds the taker's: the hold of an order covers either.
create table fee_schedules (
  version integer not null check (version > 0),
  tier text not null check (length(tier) between 1 and 64),
  maker nonnegative_amount not null,
  taker nonnegative_amount not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (version, tier),
  constraint fee_schedules_rates check (maker <= taker and taker < 1)
);
select make_append_only('fee_schedules');

insert into transitions (machine, from_status, to_status) values
  ('market', 'pre-open', 'open'),
  ('market', 'pre-open', 'closed'),
  ('market', 'open', 'halted'),
  ('market', 'open', 'closed'),
  ('market', 'halted', 'pre-open'),
  ('market', 'halted', 'open'),
  ('market', 'halted', 'closed');

-- What a market is, fixed for good; what it does stands in market_states.
create table markets (
  symbol text primary key,
  base text not null,
  base_scale integer not null,
  quote text not null,
  quote_scale integer not null,
  tick_size positive_amount not null,
  price_scale integer not null generated always as (scale(trim_scale(tick_size))) stored,
  lot_size positive_amount not null,
  qty_scale integer not null generated always as (scale(trim_scale(lot_size))) stored,
  min_notional nonnegative_amount not null,
  max_price positive_amount not null,
  max_qty positive_amount not null,
  fee_account_id text not null,
  fee_account_kind account_kind not null generated always as ('fee') stored,
  request_hash text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint markets_symbol check (symbol = base || '-' || quote and base <> quote),
  constraint markets_base_fkey foreign key (base, base_scale) references assets (code, scale),
  constraint markets_quote_fkey foreign key (quote, quote_scale) references assets (code, scale),
  constraint markets_fee_account_fkey foreign key (fee_account_id, fee_account_kind) references accounts (id, kind),
  -- Price times quantity is exact in the quote asset, a quantity in the base asset: neither is ever rounded.
  constraint markets_scales check (price_scale + qty_scale <= quote_scale and qty_scale <= base_scale),
  -- A price in ticks fits a double (the score of a Redis book), a quantity in lots an int8, their product an amount.
  constraint markets_price_bound check (max_price >= tick_size and max_price % tick_size = 0 and max_price < tick_size * 9007199254740992),
  constraint markets_qty_bound check (max_qty >= lot_size and max_qty % lot_size = 0 and max_qty < lot_size * 9223372036854775808),
  constraint markets_value_bound check (max_price * max_qty <= 1e19)
);
select make_append_only('markets');

create domain market_status as text check (value in ('pre-open', 'open', 'halted', 'closed'));

-- The row that is locked first. Under its lock every accepted change of the book takes the next last_seq, every order the next
-- last_accept_seq (its time priority), every trade the next last_trade_seq: three dense sequences, in commit order.
create table market_states (
  symbol text primary key references markets,
  status market_status not null,
  fee_version integer not null,
  last_seq bigint not null default 0,
  last_accept_seq bigint not null default 0,
  last_trade_seq bigint not null default 0,
  last_price positive_amount,
  version bigint not null default 1
) with (fillfactor = 20);

create table market_events (
  symbol text not null references markets,
  version bigint not null check (version > 0),
  prev_status market_status,
  status market_status not null,
  fee_version integer not null,
  reason text check (length(reason) <= 200),
  actor text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (symbol, version)
);
select make_append_only('market_events');
