-- Price scenarios: definitions that never change, seeded runs of them, and the true cause of each move of a run.

insert into transitions (machine, from_status, to_status) values
  ('scenario-run', 'running', 'paused'),
  ('scenario-run', 'running', 'completed'),
  ('scenario-run', 'running', 'failed'),
  ('scenario-run', 'running', 'stopped'),
  ('scenario-run', 'paused', 'running'),
  ('scenario-run', 'paused', 'failed'),
  ('scenario-run', 'paused', 'stopped');

create table scenarios (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  name text not null check (length(name) between 1 and 200),
  active_version integer not null,
  last_version integer not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint scenarios_versions check (active_version between 1 and last_version)
);

create table scenario_versions (
  scenario_id text not null references scenarios,
  version integer not null check (version > 0),
  spec jsonb not null check (jsonb_typeof(spec) = 'object'),
  spec_hash text not null,
  schema_version integer not null default 1 check (schema_version > 0),
  defined_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (scenario_id, version)
);
select make_append_only('scenario_versions');

-- A fork shares the moves of its parent up to fork_seq. price_hash is the chain of all moves so far, those of the parent included:
-- two runs that moved alike have the same one. run_id and fence are the test run it is done for.
create table scenario_runs (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  scenario_id text not null,
  scenario_version integer not null,
  seed text not null check (length(seed) between 1 and 64),
  parent_id text references scenario_runs,
  fork_seq bigint check (fork_seq >= 0),
  state text not null default 'running' check (state in ('running', 'paused', 'completed', 'failed', 'stopped')),
  reason text check (length(reason) <= 200),
  last_seq bigint not null default 0,
  price_hash bytea not null,
  run_id text,
  fence bigint,
  request_hash text not null,
  version bigint not null default 1 check (version > 0),
  started_at timestamptz not null,
  changed_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint scenario_runs_version_fkey foreign key (scenario_id, scenario_version) references scenario_versions,
  constraint scenario_runs_fork check ((parent_id is null) = (fork_seq is null) and last_seq >= coalesce(fork_seq, 0)),
  constraint scenario_runs_fence check ((run_id is null) = (fence is null))
);
create index scenario_runs_scenario on scenario_runs (scenario_id, id);
create index scenario_runs_run on scenario_runs (run_id) where run_id is not null;

-- Where each symbol of a run stands now.
create table scenario_run_prices (
  run_id text not null references scenario_runs,
  symbol text not null references instruments,
  price positive_amount not null,
  seq bigint not null,
  primary key (run_id, symbol)
);

create table price_moves (
  run_id text not null references scenario_runs,
  seq bigint not null check (seq > 0),
  symbol text not null,
  price_before positive_amount not null,
  price positive_amount not null,
  chain_hash bytea not null,
  event_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, seq)
);
select make_append_only('price_moves');

-- Σ delta = price - price_before of the move.
create table price_causes (
  run_id text not null,
  seq bigint not null,
  n smallint not null check (n > 0),
  symbol text not null,
  kind text not null check (kind in ('drift', 'noise', 'jump', 'reversion', 'scenario', 'correlation', 'manipulation', 'trade')),
  cause_id text check (length(cause_id) between 1 and 64),
  delta amount not null check (delta <> 0),
  primary key (run_id, seq, n),
  constraint price_causes_move_fkey foreign key (run_id, seq) references price_moves
);
select make_append_only('price_causes');

-- What the run's generator of random numbers was after a move: from here a fork or a restart goes on.
create table scenario_checkpoints (
  run_id text not null references scenario_runs,
  seq bigint not null check (seq >= 0),
  random_state text not null check (length(random_state) between 1 and 8192),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, seq)
);
select make_append_only('scenario_checkpoints');

create view facts_scenario_runs as
select id, scenario_id, scenario_version, seed, parent_id, fork_seq, state, last_seq, encode(price_hash, 'hex') as price_hash, run_id, fence, version,
  started_at, changed_at
from scenario_runs;

create view facts_price_moves as
select m.run_id, m.seq, m.symbol, m.price_before, m.price, m.event_at, encode(m.chain_hash, 'hex') as chain_hash,
  coalesce(sum(c.delta), 0) as explained
from price_moves as m left join price_causes as c on c.run_id = m.run_id and c.seq = m.seq
group by m.run_id, m.seq;

create view facts_price_causes as
select run_id, seq, n, symbol, kind, cause_id, delta from price_causes;
