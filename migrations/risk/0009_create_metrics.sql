create table risk_metrics (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  scope scope_key not null,
  summary jsonb not null,
  input_hash text not null,
  request_hash text not null,
  calculated_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
select make_append_only('risk_metrics');
create index risk_metrics_scope on risk_metrics (scope, calculated_at desc, id desc);

create table var_runs (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  scope scope_key not null,
  method text not null check (method in ('historical', 'parametric', 'monte-carlo')),
  confidence double precision not null check (confidence > 0.5 and confidence < 1),
  horizon integer not null check (horizon > 0),
  period_ms bigint not null,
  observations integer not null,
  seed bigint,
  -- Of positions, prices and parameters: the same hash has the same result.
  input_hash text not null,
  value_at_risk double precision,
  expected_shortfall double precision,
  reason text,
  -- The profits and losses it rests on, for use again.
  outcomes double precision[] not null,
  components jsonb not null,
  missing text[] not null,
  request_hash text not null,
  ran_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint var_runs_have_a_result_or_a_reason check ((value_at_risk is null) = (reason is not null) and (value_at_risk is null) = (expected_shortfall is null)),
  constraint var_runs_are_finite check (abs(value_at_risk) < 'infinity' and abs(expected_shortfall) < 'infinity')
);
select make_append_only('var_runs');
create index var_runs_scope on var_runs (scope, ran_at desc, id desc);

-- One day that a model forecast and what came of it.
create table var_outcomes (
  scope scope_key not null,
  day date not null,
  confidence double precision not null,
  value_at_risk double precision not null check (value_at_risk >= 0),
  actual double precision not null,
  exception boolean not null generated always as (-actual > value_at_risk) stored,
  request_hash text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (scope, confidence, day)
);
select make_append_only('var_outcomes');

create table stress_scenarios (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  name text not null,
  -- { "BTC-USD": -0.3 }: the relative move of each price.
  shocks jsonb not null,
  price_scenario_id text,
  price_scenario_version integer,
  request_hash text not null,
  defined_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
select make_append_only('stress_scenarios');
create table stress_results (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  scenario_id text not null references stress_scenarios,
  scope scope_key not null,
  profit double precision not null,
  by_symbol jsonb not null,
  missing text[] not null,
  request_hash text not null,
  ran_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
select make_append_only('stress_results');
create index stress_results_scope on stress_results (scope, ran_at desc, id desc);
