-- Partial sums of paired returns, a bucket (a UTC day) each: those of any window are merged from its buckets. They are kept centred
-- (counts, means, sums of squared and mixed deviations), which merge as plain sums do and do not cancel.

create table correlation_partials (
  first_symbol text not null references instruments,
  second_symbol text not null references instruments,
  interval text not null references intervals,
  source text not null check (length(source) between 1 and 64),
  bucket timestamptz not null,
  n bigint not null check (n > 0),
  mean_first double precision not null,
  mean_second double precision not null,
  squares_first double precision not null check (squares_first >= 0),
  squares_second double precision not null check (squares_second >= 0),
  products double precision not null,
  revision integer not null default 1 check (revision > 0),
  as_of timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (first_symbol, second_symbol, interval, source, bucket),
  constraint correlation_partials_order check (first_symbol < second_symbol),
  constraint correlation_partials_day check (date_trunc('day', bucket, 'UTC') = bucket),
  -- Also false for NaN, which is above all numbers.
  constraint correlation_partials_finite check (
    abs(mean_first) < 'infinity' and abs(mean_second) < 'infinity' and squares_first < 'infinity' and squares_second < 'infinity'
    and abs(products) < 'infinity')
);

-- A matrix of correlations that a scenario aims at; a pair that is not in it is aimed at zero.
create table correlation_target_sets (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  symbols text[] not null check (cardinality(symbols) between 2 and 64),
  scenario_id text,
  scenario_version integer,
  request_hash text not null,
  defined_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint correlation_target_sets_scenario check ((scenario_id is null) = (scenario_version is null)),
  constraint correlation_target_sets_scenario_fkey foreign key (scenario_id, scenario_version) references scenario_versions
);
select make_append_only('correlation_target_sets');

create table correlation_targets (
  set_id text not null references correlation_target_sets,
  first_symbol text not null,
  second_symbol text not null,
  target double precision not null check (target between -1 and 1),
  primary key (set_id, first_symbol, second_symbol),
  constraint correlation_targets_order check (first_symbol < second_symbol)
);
select make_append_only('correlation_targets');

create view facts_correlation_partials as
select first_symbol, second_symbol, interval, source, bucket, n, mean_first, mean_second, squares_first, squares_second, products, revision, as_of
from correlation_partials;

create view facts_correlation_targets as
select set_id, first_symbol, second_symbol, target from correlation_targets;
