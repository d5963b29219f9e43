-- What every schema has: exact money, the outbox and its numbering, checkpoints of readers, leases, fences, the epoch.

-- scale() is null for NaN and the infinities, abs() < 1e20 is false for them: the domain refuses all three.
create domain amount as numeric
  constraint amount_is_exact check (scale(value) <= 18 and abs(value) < 1e20);
create domain positive_amount as amount
  constraint amount_is_positive check (value > 0);
create domain nonnegative_amount as amount
  constraint amount_is_not_negative check (value >= 0);

-- Who wrote and why, as functions that write events take it. Only a parameter type: a type that a column uses could not grow.
create type write_context as (
  trace_id text,
  span_id text,
  correlation_id text,
  causation_id text,
  actor text,
  run_id text,
  fence bigint,
  source text,        -- the event this write answers, where one does: the schema that published it …
  source_seq bigint   -- … and its publish_seq
);

-- One row; a restored database or a flushed Redis is seen by comparing it with the copy in Redis.
create table epoch (
  singleton boolean primary key default true check (singleton),
  epoch text not null,
  started_at timestamptz not null default clock_timestamp()
);

create table outbox (
  id bigint generated always as identity primary key,
  event_id text not null,
  type text not null,
  schema_version integer not null default 1 check (schema_version > 0),
  aggregate text not null,
  aggregate_id text not null,
  aggregate_version bigint not null check (aggregate_version > 0),
  payload jsonb not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  trace_id text,
  span_id text,
  correlation_id text,
  causation_id text,
  actor text,
  run_id text,
  fence bigint,
  source text,
  source_seq bigint,
  publish_seq bigint,
  constraint outbox_event_id_key unique (event_id)
);
create unique index outbox_publish_seq_key on outbox (publish_seq) where publish_seq is not null;

-- What has no number yet is found without an index of its own, whose dead entries every look would walk: all ids up to
-- numbered_id have a number, but for the missing ones. Those were under way or rolled back when they were passed by.
create table publications (
  stream text primary key,
  last_publish_seq bigint not null default 0 check (last_publish_seq >= 0),
  fence bigint not null default 0,
  numbered_id bigint not null default 0,
  missing int8multirange not null default '{}',
  -- Missing ids whose writers, if any, are among these; once they have all ended, what is still missing will never come.
  watched int8multirange not null default '{}',
  watched_writers text[] not null default '{}',
  -- An operator's wish to have the stream from this number on again, for a reader that came too late; kept until then.
  replay_from bigint check (replay_from > 0),
  replay_until timestamptz
);

create table inbox_checkpoints (
  consumer text not null,
  source text not null,
  publish_seq bigint not null check (publish_seq >= 0),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (consumer, source)
);

create table dead_letters (
  consumer text not null,
  source text not null,
  publish_seq bigint not null,
  event jsonb not null,
  error text not null,
  attempts integer not null check (attempts > 0),
  failed_at timestamptz not null default clock_timestamp(),
  retry_requested_at timestamptz,
  resolved_at timestamptz,
  primary key (consumer, source, publish_seq)
);
create index dead_letters_retry_requested on dead_letters (consumer, source) where retry_requested_at is not null;

create table archive_watermarks (
  series text primary key,
  position text not null,
  version bigint not null default 1,
  updated_at timestamptz not null default clock_timestamp()
);

-- What a lost Redis took with it: whatever the series held after this position never came to be archived.
create table archive_gaps (
  series text not null,
  after_position text not null,
  version bigint not null,
  found_at timestamptz not null default clock_timestamp(),
  primary key (series, version)
);

create table run_fences (
  run_id text primary key,
  fence bigint not null check (fence > 0),
  recorded_at timestamptz not null default clock_timestamp()
);

create table leases (
  name text primary key,
  holder text not null,
  fence bigint not null check (fence > 0),
  expires_at timestamptz not null
);
