create table compliance_reports (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  kind text not null check (kind in ('daily-summary', 'breach-history', 'limit-changes', 'decisions')),
  from_at timestamptz not null,
  until_at timestamptz not null,
  -- Database time: what was recorded by then is in it, what came later is not, however often it is generated.
  watermark timestamptz not null,
  body text not null,
  sha256 text not null,
  request_hash text not null,
  generated_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint compliance_reports_last check (from_at < until_at)
);
select make_append_only('compliance_reports');
create index compliance_reports_generated on compliance_reports (generated_at desc, id desc);

create table feed_heartbeats (
  source text primary key check (length(source) between 1 and 64),
  max_gap_ms bigint not null check (max_gap_ms > 0),
  last_seen timestamptz not null,
  version bigint not null default 1
);
