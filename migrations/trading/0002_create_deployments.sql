-- What a strategy does is wished (`desired`) by whoever operates it and told (`actual`) by the process that runs it.
insert into transitions (machine, from_status, to_status) values
  ('deployment', 'pending', 'starting'),
  ('deployment', 'pending', 'stopped'),
  ('deployment', 'starting', 'running'),
  ('deployment', 'starting', 'paused'),
  ('deployment', 'starting', 'stopped'),
  ('deployment', 'starting', 'failed'),
  ('deployment', 'starting', 'interrupted'),
  ('deployment', 'running', 'paused'),
  ('deployment', 'running', 'stopped'),
  ('deployment', 'running', 'failed'),
  ('deployment', 'running', 'interrupted'),
  ('deployment', 'paused', 'running'),
  ('deployment', 'paused', 'stopped'),
  ('deployment', 'paused', 'failed'),
  ('deployment', 'paused', 'interrupted'),
  ('deployment', 'interrupted', 'starting'),
  ('deployment', 'interrupted', 'stopped'),
  ('deployment', 'failed', 'starting'),
  ('deployment', 'failed', 'stopped');

create domain deployment_wish as text check (value in ('running', 'paused', 'stopped'));
create domain deployment_state as text check (value in ('pending', 'starting', 'running', 'paused', 'stopped', 'interrupted', 'failed'));
create domain lot_method as text check (value in ('fifo', 'lifo', 'hifo', 'specific'));

-- One running strategy version. Whoever runs it holds its epoch, which grows with each who takes over: a lower one is refused.
create table deployments (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  strategy_id text not null,
  strategy_version integer not null,
  mode text not null check (mode in ('live', 'paper')),
  account_id text not null,
  venue text not null check (length(venue) between 1 and 64),
  currency text not null,
  starting_equity positive_amount not null,
  position_mode text not null check (position_mode in ('netting', 'hedging')),
  lot_method lot_method not null,
  desired deployment_wish not null default 'running',
  actual deployment_state not null default 'pending',
  reason text check (length(reason) <= 200),
  epoch bigint not null default 0 check (epoch >= 0),
  -- Store time: whether its process lives is not a matter of business time.
  heartbeat_at timestamptz,
  request_hash text not null,
  version bigint not null default 1,
  created_at timestamptz not null,
  stopped_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint deployments_version_fkey foreign key (strategy_id, strategy_version) references strategy_versions (strategy_id, version),
  constraint deployments_stopped check ((actual = 'stopped') = (stopped_at is not null)),
  constraint deployments_epoch check (actual in ('pending', 'stopped') or epoch > 0)
) with (fillfactor = 80);
create index deployments_strategy on deployments (strategy_id, id);
create index deployments_live on deployments (id) where actual in ('starting', 'running', 'paused');

create table deployment_events (
  deployment_id text not null references deployments,
  version bigint not null check (version > 0),
  type text not null check (type in ('created', 'attached', 'wished', 'reported', 'interrupted')),
  desired deployment_wish not null,
  actual deployment_state not null,
  epoch bigint not null,
  reason text,
  actor text,
  -- The test run that it was done for.
  run_id text,
  fence bigint,
  event_id text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (deployment_id, version)
);
select make_append_only('deployment_events');

-- What a strategy must know to go on where it was; the later sequence of an epoch wins, and the higher epoch always.
create table strategy_states (
  deployment_id text primary key references deployments,
  epoch bigint not null,
  sequence bigint not null check (sequence >= 0),
  state jsonb not null,
  version bigint not null default 1,
  saved_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
) with (fillfactor = 80);
