-- Money that came to or left an account otherwise than by a trade. Funding is a result; everything else is capital.
create table cash_movements (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  account_id text not null,
  kind text not null check (kind in ('deposit', 'withdrawal', 'transfer', 'adjustment', 'reversal', 'funding')),
  asset text not null,
  amount amount not null,
  moved_at timestamptz not null,
  request_hash text not null,
  source text,
  source_seq bigint,
  recorded_at timestamptz not null default clock_timestamp()
);
select make_append_only('cash_movements');
create index cash_movements_account on cash_movements (account_id, moved_at);

create table holdings (
  account_id text not null,
  asset text not null,
  amount amount not null default 0,
  -- Funding that is part of the amount.
  funding amount not null default 0,
  version bigint not null default 1,
  primary key (account_id, asset)
) with (fillfactor = 80);

-- Capital whose worth is not known yet: it waits for a price of its asset.
create table unvalued_flows (
  movement_id text primary key references cash_movements,
  account_id text not null,
  asset text not null,
  amount amount not null
);

-- The latest valuation of an account or of the firm, in the reporting currency, with the day's beginning and the highest equity there was.
create table valuations (
  scope scope_key primary key,
  currency text not null,
  equity measure not null,
  -- Net capital that came in, each flow at its worth when it was valued: equity less flows is the total result.
  flows measure not null,
  realized measure not null,
  unrealized measure not null,
  fees measure not null,
  funding measure not null,
  trading_day date not null,
  time_zone text not null,
  -- What could not be valued: symbols and assets.
  unpriced text[] not null,
  as_of timestamptz not null,
  version bigint not null default 1
) with (fillfactor = 50);

-- Written once a (scope, trading day): the day is reset once, however often it is asked for.
create table pnl_baselines (
  scope scope_key not null,
  trading_day date not null,
  equity measure not null,
  flows measure not null,
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (scope, trading_day)
);
select make_append_only('pnl_baselines');

-- One a minute at most.
create table equity_points (
  scope scope_key not null,
  at timestamptz not null,
  equity measure not null,
  flows measure not null,
  drawdown double precision not null check (drawdown between 0 and 1e9),
  primary key (scope, at)
);

-- Seeded with the starting equity; capital that comes or goes moves it, so that a deposit is no recovery and a withdrawal no loss.
create table high_waters (
  scope scope_key primary key,
  value measure not null,
  flows measure not null,
  at timestamptz not null
);
