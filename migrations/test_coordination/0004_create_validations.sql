create domain verdict as text check (value in ('passed', 'failed', 'skipped', 'error'));
create domain assertion_type as text check (value in ('service-health', 'response-time', 'data-consistency', 'audit-trail', 'error-rate', 'throughput',
  'latency', 'availability', 'recovery-time'));

-- What one probe saw at one time: its step, name, mode and iteration are its identity, so a probe that is used twice is told apart.
create table probe_results (
  run_id text not null references runs,
  path text not null check (path ~ '^[1-9][0-9]*(\.[1-9][0-9]*)*$'),
  probe text not null check (length(probe) between 1 and 64),
  mode text not null check (mode in ('start', 'end', 'edge', 'continuous', 'on-chaos')),
  iteration integer not null check (iteration > 0),
  assertion assertion_type not null,
  verdict verdict not null,
  expected text check (length(expected) <= 1000),
  actual text check (length(actual) <= 1000),
  error text check (length(error) <= 2000),
  weight double precision not null default 1 check (weight >= 0 and weight < 'infinity'),
  attempts integer not null default 1 check (attempts > 0),
  latency_ms double precision check (latency_ms >= 0 and latency_ms < 'infinity'),
  correlation_id text,
  fence bigint not null,
  verified_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, path, probe, mode, iteration),
  check (verdict <> 'error' or error is not null)
);
select make_append_only('probe_results');
create index probe_results_assertion on probe_results (assertion, verified_at);
create index probe_results_correlation on probe_results (correlation_id) where correlation_id is not null;

-- Whether the steady state held before, during and after the chaos.
create table hypothesis_results (
  run_id text not null references runs,
  phase text not null check (phase in ('before', 'during', 'after')),
  met boolean not null,
  deviations jsonb not null check (jsonb_typeof(deviations) = 'array'),
  fence bigint not null,
  verified_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, phase),
  check (met = (deviations = '[]'))
);
select make_append_only('hypothesis_results');

-- An identity that was checked during a run, at the watermark of its facts; samples are the rows that offend.
create table invariant_results (
  run_id text not null references runs,
  name text not null check (length(name) between 1 and 64),
  n integer not null check (n > 0),
  phase text not null check (phase in ('before', 'during', 'after')),
  severity text not null default 'error' check (severity in ('info', 'warning', 'error')),
  passed boolean not null,
  compared bigint not null check (compared >= 0),
  watermark jsonb not null check (jsonb_typeof(watermark) = 'object'),
  samples jsonb not null default '[]' check (jsonb_typeof(samples) = 'array'),
  fence bigint not null,
  checked_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, name, n),
  check (passed <= (samples = '[]'))
);
select make_append_only('invariant_results');

-- What clients of the system did and were answered, for checkers of histories: an invocation and how it ended share a process.
create table operations (
  run_id text not null references runs,
  n bigint not null check (n > 0),
  process text not null check (length(process) between 1 and 64),
  type text not null check (type in ('invoke', 'ok', 'fail', 'info')),
  f text not null check (length(f) between 1 and 64),
  key text check (length(key) <= 200),
  value jsonb,
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (run_id, n)
);
select make_append_only('operations');

-- What the schemas held at one moment of a run, as it was handed in: rows, sums and a checksum an object, with the watermark of each source.
create table snapshots (
  id entity_id primary key,
  run_id text not null references runs,
  phase text not null check (phase in ('before', 'during', 'after')),
  watermarks jsonb not null check (jsonb_typeof(watermarks) = 'object'),
  request_hash text not null,
  fence bigint not null,
  taken_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
select make_append_only('snapshots');
create index snapshots_run on snapshots (run_id, taken_at, id);

create table snapshot_items (
  snapshot_id text not null references snapshots,
  schema_name text not null check (length(schema_name) between 1 and 63),
  object text not null check (length(object) between 1 and 200),
  row_count bigint not null check (row_count >= 0),
  sums jsonb not null default '{}' check (jsonb_typeof(sums) = 'object'),
  checksum text not null check (length(checksum) between 1 and 128),
  primary key (snapshot_id, schema_name, object)
);
select make_append_only('snapshot_items');
