insert into transitions (machine, from_status, to_status) values
  ('trial', 'waiting', 'running'),
  ('trial', 'running', 'running'),
  ('trial', 'running', 'completed'),
  ('trial', 'running', 'failed');

-- A search for parameters: trials are claimed by workers, each for a while, and answered with one value an objective.
create table studies (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  strategy_id text not null references strategies,
  name text not null check (length(name) between 1 and 200),
  objectives text[] not null check (cardinality(objectives) between 1 and 8),
  directions text[] not null check (directions <@ array['maximize', 'minimize']),
  status text not null default 'open' check (status in ('open', 'closed')),
  trials integer not null default 0,
  request_hash text not null,
  version bigint not null default 1,
  created_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint studies_directions check (cardinality(directions) = cardinality(objectives))
);
create index studies_strategy on studies (strategy_id, id);

create table trials (
  study_id text not null references studies,
  n integer not null check (n > 0),
  params jsonb not null check (jsonb_typeof(params) = 'object'),
  params_hash text not null,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'completed', 'failed')),
  worker text check (length(worker) between 1 and 64),
  -- Grows with each claim: what an earlier one still sends is refused. Store time, as of a lease.
  claim bigint not null default 0,
  claimed_until timestamptz,
  objectives double precision[],
  backtest_id text references backtests,
  error text check (length(error) <= 1000),
  ended_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (study_id, n),
  constraint trials_params_key unique (study_id, params_hash),
  constraint trials_claimed check ((state = 'running') = (claimed_until is not null)),
  constraint trials_ended check ((state in ('completed', 'failed')) = (ended_at is not null)),
  constraint trials_objectives check ((state = 'completed') = (objectives is not null)
    and not (objectives && array['NaN', 'Infinity', '-Infinity']::double precision[])),
  constraint trials_failed check ((state = 'failed') = (error is not null))
);
create index trials_claimable on trials (study_id, n) where state in ('waiting', 'running');

-- How far a deployment did live what a backtest of the same time did.
create table parity_runs (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  deployment_id text not null references deployments,
  backtest_id text not null references backtests,
  from_at timestamptz not null,
  to_at timestamptz not null,
  tolerance_ms bigint not null check (tolerance_ms >= 0),
  live integer not null,
  backtested integer not null,
  matched integer not null,
  match_rate double precision check (match_rate between 0 and 1),
  request_hash text not null,
  compared_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint parity_runs_range check (from_at < to_at)
);
create index parity_runs_deployment on parity_runs (deployment_id, compared_at, id);
select make_append_only('parity_runs');

create table parity_rows (
  run_id text not null references parity_runs,
  n integer not null,
  verdict text not null check (verdict in ('same', 'different', 'only-live', 'only-backtest')),
  symbol text not null,
  side order_side not null,
  order_id text,
  backtest_n integer,
  live_at timestamptz,
  backtest_at timestamptz,
  live_qty amount,
  backtest_qty amount,
  live_price amount,
  backtest_price amount,
  -- What the live fills cost more than the backtest's, as a share of its price; below zero where they cost less.
  slippage double precision check (abs(slippage) < 'Infinity'),
  primary key (run_id, n)
);
select make_append_only('parity_rows');
