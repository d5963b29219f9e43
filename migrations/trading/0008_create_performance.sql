create domain metric_owner as text check (value in ('deployment', 'backtest', 'trial'));

-- A metric has a value or a reason why it has none, never both, and the conventions under which it was computed.
create table metric_points (
  owner_kind metric_owner not null,
  owner_id text not null check (length(owner_id) between 1 and 96),
  name text not null check (length(name) between 1 and 64),
  step bigint not null check (step >= 0),
  at timestamptz not null,
  value double precision check (value > '-Infinity' and value < 'Infinity'),
  reason text check (length(reason) between 1 and 64),
  samples integer check (samples >= 0),
  period text check (length(period) between 1 and 32),
  periods_per_year double precision check (periods_per_year > 0),
  risk_free double precision,
  return_kind text check (return_kind in ('simple', 'log')),
  -- Of a drawdown: its peak, its lowest point, and when it was made up for, if it was.
  peak_at timestamptz,
  trough_at timestamptz,
  recovered_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (owner_kind, owner_id, name, step),
  constraint metric_points_value_or_reason check ((value is null) <> (reason is null))
);
select make_append_only('metric_points');

-- The point of the highest step, so that a list of many owners reads one row each.
create table metric_latest (
  owner_kind metric_owner not null,
  owner_id text not null,
  name text not null,
  step bigint not null,
  at timestamptz not null,
  value double precision,
  reason text,
  samples integer,
  period text,
  periods_per_year double precision,
  risk_free double precision,
  return_kind text check (return_kind in ('simple', 'log')),
  peak_at timestamptz,
  trough_at timestamptz,
  recovered_at timestamptz,
  primary key (owner_kind, owner_id, name),
  constraint metric_latest_value_or_reason check ((value is null) <> (reason is null))
);
create index metric_latest_ranking on metric_latest (name, value desc) where value is not null;

-- What of the active return came from which segment by which effect; the effects of all segments and periods sum to it.
create table attribution_runs (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  owner_kind metric_owner not null,
  owner_id text not null,
  dimension text not null check (length(dimension) between 1 and 64),
  linking text not null check (linking in ('none', 'carino')),
  portfolio_return double precision not null check (portfolio_return > '-Infinity' and portfolio_return < 'Infinity'),
  benchmark_return double precision not null check (benchmark_return > '-Infinity' and benchmark_return < 'Infinity'),
  active_return double precision not null,
  request_hash text not null,
  attributed_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint attribution_runs_active check (abs(active_return - (portfolio_return - benchmark_return)) <= 1e-12 * (1 + abs(active_return)))
);
create index attribution_runs_owner on attribution_runs (owner_kind, owner_id, attributed_at, id);
select make_append_only('attribution_runs');

create table attributions (
  run_id text not null references attribution_runs,
  period integer not null check (period >= 0),
  segment text not null check (length(segment) between 1 and 64),
  allocation double precision not null,
  selection double precision not null,
  interaction double precision not null,
  primary key (run_id, period, segment),
  constraint attributions_finite check (abs(allocation) + abs(selection) + abs(interaction) < 'Infinity')
);
select make_append_only('attributions');
