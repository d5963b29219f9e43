insert into transitions (machine, from_status, to_status) values
  ('job', 'blocked', 'ready'),
  ('job', 'blocked', 'skipped'),
  ('job', 'blocked', 'canceled'),
  ('job', 'ready', 'claimed'),
  ('job', 'ready', 'canceled'),
  ('job', 'claimed', 'ready'),
  ('job', 'claimed', 'completed'),
  ('job', 'claimed', 'dead'),
  ('job', 'claimed', 'canceled'),
  ('job', 'dead', 'ready');

-- When a scenario runs by itself: a cron line in a time zone. next_at is the next nominal instant; each nominal instant fires once.
create table schedules (
  id entity_id primary key,
  scenario_id text not null references scenarios,
  scenario_version integer,
  cron text not null check (length(cron) between 1 and 200),
  time_zone text not null check (length(time_zone) between 1 and 64),
  overlap text not null default 'skip' check (overlap in ('skip', 'buffer', 'cancel', 'allow')),
  catchup interval not null default interval '1 hour' check (catchup >= interval '0'),
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
  lock_name text check (length(lock_name) between 1 and 200),
  paused boolean not null default false,
  next_at timestamptz,
  request_hash text not null,
  version bigint not null default 1 check (version > 0),
  created_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index schedules_due on schedules (next_at, id) where not paused and next_at is not null;

create domain job_state as text check (value in ('blocked', 'ready', 'claimed', 'completed', 'skipped', 'canceled', 'dead'));

-- Work that waits for a worker: a scenario to run. Claims are by database time and a token that grows: what a worker writes whose claim
-- was lost is refused. start_after is business time. Of jobs with one exclusive_key one is claimed at a time.
create table jobs (
  id entity_id primary key,
  n bigint generated always as identity,
  scenario_id text not null,
  scenario_version integer,
  parameters jsonb not null default '{}' check (jsonb_typeof(parameters) = 'object'),
  lock_name text,
  state job_state not null,
  exclusive_key text check (length(exclusive_key) between 1 and 200),
  priority integer not null default 0,
  start_after timestamptz not null,
  pending_dependencies integer not null default 0 check (pending_dependencies >= 0),
  attempts integer not null default 0 check (attempts >= 0),
  max_attempts integer not null default 1 check (max_attempts > 0),
  backoff interval not null default interval '0' check (backoff >= interval '0'),
  holder text,
  token bigint not null default 0,
  claimed_until timestamptz,
  schedule_id text references schedules,
  nominal_at timestamptz,
  error text check (length(error) <= 2000),
  cancel_requested boolean not null default false,
  request_hash text not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  check ((state = 'claimed') = (holder is not null) and (holder is null) = (claimed_until is null)),
  check ((state = 'blocked') = (pending_dependencies > 0) or state in ('skipped', 'canceled')),
  check ((ended_at is null) = (state in ('blocked', 'ready', 'claimed'))),
  check (attempts <= max_attempts or state = 'ready')
);
create unique index jobs_exclusive_key on jobs (exclusive_key) where state = 'claimed' and exclusive_key is not null;
create index jobs_claimable on jobs (start_after, n) where state = 'ready';
create index jobs_claims on jobs (claimed_until) where state = 'claimed';
create index jobs_schedule on jobs (schedule_id, n) where schedule_id is not null and ended_at is null;

-- A parent was there before its child: there is no way round in a circle.
create table job_dependencies (
  child_id text not null references jobs,
  parent_id text not null references jobs,
  on_failure text not null check (on_failure in ('block', 'skip', 'run')),
  resolved boolean not null default false,
  primary key (child_id, parent_id),
  check (child_id <> parent_id)
);
create index job_dependencies_parent on job_dependencies (parent_id) where not resolved;

create table schedule_fires (
  schedule_id text not null references schedules,
  nominal_at timestamptz not null,
  outcome text not null check (outcome in ('on-time', 'late', 'missed', 'skipped-overlap')),
  job_id text references jobs,
  event_id text not null,
  fired_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (schedule_id, nominal_at),
  check ((job_id is null) = (outcome in ('missed', 'skipped-overlap')))
);
select make_append_only('schedule_fires');
