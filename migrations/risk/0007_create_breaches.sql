-- No breach without its alert.
create table breaches (
  id text primary key,
  limit_id text not null,
  limit_version integer not null,
  scope scope_key not null,
  -- The symbol, where the limit counts each by itself; else empty.
  subject text not null,
  severity severity not null,
  observed measure not null,
  peak measure not null,
  limit_value measure not null,
  alert_id text not null references alerts,
  opened_at timestamptz not null,
  cleared_at timestamptz,
  version bigint not null default 1,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint breaches_limit_fkey foreign key (limit_id, limit_version) references limit_versions (limit_id, version)
);
create unique index breaches_open_key on breaches (limit_id, subject) where cleared_at is null;
create index breaches_opened on breaches (opened_at desc, id desc);

create table breach_events (
  breach_id text not null references breaches,
  version bigint not null,
  type text not null check (type in ('opened', 'worsened', 'improved', 'cleared')),
  severity severity not null,
  observed measure not null,
  limit_version integer not null,
  event_id text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (breach_id, version)
);
select make_append_only('breach_events');
create index breach_events_occurred on breach_events (occurred_at);
