-- What ran when the trail was written: binaries, configuration, seed. A run's states are rows of their own; none is ever changed.
create domain run_status as text check (value in ('running', 'ended', 'crashed-recovered', 'quarantined'));

-- The state machine as data: the truth that the functions ask and the rules in TypeScript are tested against.
create table transitions (
  machine text not null,
  from_status text not null,
  to_status text not null,
  primary key (machine, from_status, to_status)
);
select make_append_only('transitions', 'immutable');
insert into transitions (machine, from_status, to_status) values
  ('run', 'running', 'ended'),
  ('run', 'running', 'crashed-recovered'),
  ('run', 'running', 'quarantined'),
  ('run', 'crashed-recovered', 'crashed-recovered'),
  ('run', 'crashed-recovered', 'ended'),
  ('run', 'crashed-recovered', 'quarantined'),
  ('run', 'ended', 'quarantined');

create table runs (
  run_id text primary key check (length(run_id) between 1 and 64),
  binary_hash text not null,
  config_hash text not null,
  seed text,
  actor text,
  started_at timestamptz not null,
  request_hash text not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index runs_started_at on runs (started_at, run_id);
select make_append_only('runs');

create table run_states (
  run_id text not null references runs,
  version integer not null check (version > 0),
  status run_status not null,
  -- The trail's last position when the run came into this state.
  high_watermark bigint not null check (high_watermark >= 0),
  reason text,
  actor text,
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, version)
);
select make_append_only('run_states');

create view current_runs as
select r.run_id, r.binary_hash, r.config_hash, r.seed, r.started_at, r.request_hash, s.version, s.status, s.high_watermark, s.reason, s.at
from runs as r
join lateral (select * from run_states as s where s.run_id = r.run_id order by s.version desc limit 1) as s on true;
