-- Who took what out of the trail, and who looked at it.
create table exports (
  export_id text primary key check (length(export_id) between 1 and 64),
  query jsonb not null check (jsonb_typeof(query) = 'object'),
  -- The last position that the export could hold.
  watermark bigint not null check (watermark >= 0),
  events bigint not null check (events >= 0),
  -- Of the bundle, in hex.
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  verified boolean not null,
  actor text,
  exported_at timestamptz not null,
  request_hash text not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index exports_exported_at on exports (exported_at, export_id);
select make_append_only('exports');

-- One row a read of the trail's content, written before the answer is given.
create table access_log (
  id bigint generated always as identity,
  at timestamptz not null default clock_timestamp(),
  actor text,
  -- The method: audit.chains.get.
  query_kind text not null,
  -- Of what was asked for: equal questions have equal hashes.
  filter_hash text not null,
  rows integer not null check (rows >= 0),
  correlation_id text,
  primary key (id, at)
) partition by range (at);
create index access_log_actor on access_log (actor, at);
create index access_log_at on access_log (at, id);
select make_append_only('access_log');
select ensure_partitions('access_log', clock_timestamp() + interval '6 months');
