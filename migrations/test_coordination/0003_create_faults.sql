insert into transitions (machine, from_status, to_status) values
  ('fault', 'planned', 'injecting'),
  ('fault', 'planned', 'withdrawn'),
  ('fault', 'injecting', 'injected'),
  ('fault', 'injecting', 'undoing'),
  ('fault', 'injecting', 'undone'),
  ('fault', 'injected', 'undoing'),
  ('fault', 'injected', 'undone'),
  ('fault', 'undoing', 'undoing'),
  ('fault', 'undoing', 'undone'),
  ('fault', 'undoing', 'failed'),
  ('fault', 'failed', 'undoing'),
  ('fault', 'failed', 'undone');

create domain fault_kind as text check (value in ('service-restart', 'service-kill', 'network-partition', 'network-latency',
  'network-packet-loss', 'cpu-stress', 'memory-stress', 'disk-io-stress', 'clock-skew', 'price-shift', 'price-divergence', 'price-crash', 'depeg',
  'order-spam', 'settlement-delay', 'settlement-failure', 'limit-change', 'data-corruption'));
create domain fault_state as text check (value in ('planned', 'injecting', 'injected', 'undoing', 'undone', 'withdrawn', 'failed'));

-- The ledger of what is broken on purpose. A fault stands here, with how it is undone and when it has to be over, before anybody is told
-- to inject it: whatever dies, the reaper finds it. `failed`: it could not be undone by itself, and a person has to.
create table faults (
  id entity_id primary key,
  run_id text not null references runs,
  fence bigint not null check (fence > 0),
  path text,
  target text not null check (length(target) between 1 and 64),
  kind fault_kind not null,
  params jsonb not null default '{}' check (jsonb_typeof(params) = 'object'),
  undo jsonb not null default '{}' check (jsonb_typeof(undo) = 'object'),
  state fault_state not null default 'planned',
  reason text,
  undo_attempts integer not null default 0 check (undo_attempts >= 0),
  data_loss_count bigint check (data_loss_count >= 0),
  request_hash text not null,
  version bigint not null default 1 check (version > 0),
  planned_at timestamptz not null,
  must_end_by timestamptz not null,
  injected_at timestamptz,
  detected_at timestamptz,
  undo_after timestamptz,
  ended_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  check (must_end_by > planned_at),
  check ((ended_at is null) = (state in ('planned', 'injecting', 'injected', 'undoing', 'failed'))),
  check (state <> 'injected' or injected_at is not null),
  check (detected_at >= injected_at),
  check ((state = 'undoing') = (undo_after is not null))
);
create index faults_run on faults (run_id, id);
create index faults_due on faults (must_end_by, id) where state in ('planned', 'injecting', 'injected');
create index faults_undoing on faults (undo_after, id) where state = 'undoing';
create index faults_target on faults (target, id) where ended_at is null;

create table fault_events (
  fault_id text not null references faults,
  version bigint not null check (version > 0),
  state fault_state not null,
  reason text,
  event_id text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (fault_id, version)
);
select make_append_only('fault_events');
