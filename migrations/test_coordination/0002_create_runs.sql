insert into transitions (machine, from_status, to_status) values
  ('run', 'queued', 'running'),
  ('run', 'queued', 'aborted'),
  ('run', 'running', 'running'),
  ('run', 'running', 'completed'),
  ('run', 'running', 'failed'),
  ('run', 'running', 'aborted'),
  ('run', 'running', 'interrupted'),
  ('run', 'interrupted', 'running'),
  ('run', 'interrupted', 'failed'),
  ('run', 'interrupted', 'aborted'),
  ('step', 'running', 'passed'),
  ('step', 'running', 'failed'),
  ('step', 'running', 'skipped'),
  ('step', 'running', 'error');

create domain run_status as text check (value in ('queued', 'running', 'completed', 'failed', 'aborted', 'interrupted'));
create domain step_status as text check (value in ('running', 'passed', 'failed', 'skipped', 'error'));

-- One execution of a scenario's version. Whoever runs it holds the lease lock_name, whose fence stands here: what a holder before it
-- writes is refused. `interrupted`: the lease was lost; another may take the run over, or end it. deviated: the steady state
-- did not hold, which is no failure of the run.
create table runs (
  id entity_id primary key,
  scenario_id text not null,
  scenario_version integer not null,
  status run_status not null default 'queued',
  deviated boolean not null default false,
  lock_name text check (length(lock_name) between 1 and 200),
  fence bigint check (fence > 0),
  -- The recipe by which it can be run again: seed, parameters, versions of the adapters, configuration, snapshots of data.
  seed text not null,
  parameters jsonb not null check (jsonb_typeof(parameters) = 'object'),
  recipe jsonb not null check (jsonb_typeof(recipe) = 'object'),
  environment text check (length(environment) between 1 and 64),
  replay_of text references runs,
  rollback text not null default 'default' check (rollback in ('always', 'never', 'default', 'deviated')),
  score double precision check (score between 0 and 100),
  exit_code integer,
  error text check (length(error) <= 2000),
  abort_reason text check (length(abort_reason) <= 200),
  protected boolean not null default false,
  request_hash text not null,
  version bigint not null default 1 check (version > 0),
  requested_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint runs_scenario_fkey foreign key (scenario_id, scenario_version) references scenario_versions (scenario_id, version),
  check ((status = 'queued') = (fence is null) or status = 'aborted'),
  check ((fence is null) = (lock_name is null) and (fence is null) = (started_at is null)),
  check ((ended_at is null) = (status in ('queued', 'running', 'interrupted'))),
  check (ended_at >= started_at),
  check (exit_code is null or status in ('completed', 'failed')),
  check (status <> 'completed' or exit_code = 0),
  check (status <> 'failed' or exit_code is distinct from 0)
);
create index runs_scenario on runs (scenario_id, requested_at desc, id);
create index runs_requested on runs (requested_at desc, id desc);
create index runs_open on runs (lock_name) where status = 'running';

-- What became of a run, version by version.
create table run_events (
  run_id text not null references runs,
  version bigint not null check (version > 0),
  status run_status not null,
  deviated boolean not null,
  fence bigint,
  reason text,
  event_id text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, version)
);
select make_append_only('run_events');

-- One try of one step. Nothing starts and nothing ends after the run has ended.
create table step_runs (
  run_id text not null references runs,
  path text not null check (path ~ '^[1-9][0-9]*(\.[1-9][0-9]*)*$'),
  attempt integer not null check (attempt > 0),
  status step_status not null default 'running',
  output jsonb,
  error text check (length(error) <= 2000),
  fence bigint not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, path, attempt),
  check ((status = 'running') = (ended_at is null)),
  check (ended_at >= started_at)
);
