insert into transitions (machine, from_status, to_status) values
  ('backtest', 'running', 'completed'),
  ('backtest', 'running', 'failed'),
  ('backtest', 'running', 'interrupted');

-- A run, and all that its results depend on: the same identity is the same result, so a completed one is answered instead of run again.
create table backtests (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  identity_hash text not null,
  strategy_id text not null,
  strategy_version integer not null,
  engine_version text not null check (length(engine_version) between 1 and 64),
  data_snapshot text not null check (length(data_snapshot) between 1 and 128),
  data_sha256 text not null check (data_sha256 ~ '^[0-9a-f]{64}$'),
  from_at timestamptz not null,
  to_at timestamptz not null,
  seed text not null check (length(seed) <= 64),
  cost_model jsonb not null check (jsonb_typeof(cost_model) = 'object'),
  currency text not null,
  starting_equity positive_amount not null,
  -- Where it ran and from what: no part of what it is.
  code_is_dirty boolean,
  lockfile_hash text check (length(lockfile_hash) between 1 and 128),
  host text check (length(host) between 1 and 128),
  status text not null default 'running' check (status in ('running', 'completed', 'failed', 'interrupted')),
  error text check (length(error) <= 1000),
  orders integer not null default 0,
  fills integer not null default 0,
  trades integer not null default 0,
  equity_points integer not null default 0,
  is_pruned boolean not null default false,
  request_hash text not null,
  version bigint not null default 1,
  started_at timestamptz not null,
  ended_at timestamptz,
  -- The key of the partitions that its rows are in.
  created_at timestamptz not null default clock_timestamp(),
  constraint backtests_version_fkey foreign key (strategy_id, strategy_version) references strategy_versions (strategy_id, version),
  constraint backtests_range check (from_at < to_at),
  constraint backtests_ended check ((status = 'running') = (ended_at is null)),
  constraint backtests_failed check (status <> 'failed' or error is not null)
);
create unique index backtests_identity_key on backtests (identity_hash) where status = 'completed';
create index backtests_strategy on backtests (strategy_id, started_at, id);
create index backtests_running on backtests (id) where status = 'running';

create table bt_orders (
  backtest_id text not null,
  n integer not null check (n >= 0),
  symbol text not null,
  side order_side not null,
  type order_type not null,
  qty positive_amount not null,
  price positive_amount,
  filled_qty nonnegative_amount not null,
  average_price positive_amount,
  tag text,
  placed_at timestamptz not null,
  created_at timestamptz not null,
  primary key (backtest_id, n, created_at)
) partition by range (created_at);

create table bt_fills (
  backtest_id text not null,
  n integer not null check (n >= 0),
  order_n integer,
  symbol text not null,
  side order_side not null,
  price positive_amount not null,
  qty positive_amount not null,
  fee amount not null,
  filled_at timestamptz not null,
  created_at timestamptz not null,
  primary key (backtest_id, n, created_at)
) partition by range (created_at);

create table bt_trades (
  backtest_id text not null,
  n integer not null check (n >= 0),
  symbol text not null,
  direction text not null check (direction in ('long', 'short')),
  qty positive_amount not null,
  open_price positive_amount not null,
  close_price positive_amount not null,
  fees amount not null,
  pnl amount not null,
  tag text,
  exit_reason text,
  opened_at timestamptz not null,
  closed_at timestamptz not null,
  created_at timestamptz not null,
  primary key (backtest_id, n, created_at),
  constraint bt_trades_times check (opened_at <= closed_at)
) partition by range (created_at);

create table bt_equity (
  backtest_id text not null,
  n integer not null check (n >= 0),
  at timestamptz not null,
  equity amount not null,
  created_at timestamptz not null,
  primary key (backtest_id, n, created_at)
) partition by range (created_at);

select ensure_partitions(t, clock_timestamp() + interval '6 months') from unnest('{bt_orders,bt_fills,bt_trades,bt_equity}'::text[]) as t;
