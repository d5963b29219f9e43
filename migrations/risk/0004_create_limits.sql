create domain limit_metric as text check (value in (
  'price-deviation', 'order-quantity', 'order-value', 'order-rate', 'daily-quantity', 'daily-value', 'position', 'gross-exposure',
  'net-exposure', 'concentration', 'leverage', 'daily-loss', 'drawdown', 'open-orders', 'open-positions', 'value-at-risk'));
create domain trading_state as text check (value in ('active', 'reducing', 'halted'));

create table limits (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  metric limit_metric not null,
  scope scope_key not null,
  current_version integer not null check (current_version > 0),
  recorded_at timestamptz not null default clock_timestamp(),
  constraint limits_metric_scope_key unique (metric, scope)
);
create index limits_scope on limits (scope);

-- Never edited: a decision cites the version it was made under. Each is valid until the next one.
create table limit_versions (
  limit_id text not null references limits,
  version integer not null check (version > 0),
  enabled boolean not null,
  warn nonnegative_amount,
  soft nonnegative_amount,
  hard nonnegative_amount,
  -- At or below it a breach is over; the lowest threshold where it is null.
  recover nonnegative_amount,
  window_ms bigint check (window_ms > 0),
  time_zone text not null default 'UTC',
  currency text not null default 'USD',
  max_price_age_ms bigint not null check (max_price_age_ms > 0),
  for_ms bigint not null default 0 check (for_ms >= 0),
  keep_firing_ms bigint not null default 0 check (keep_firing_ms >= 0),
  escalate_after_ms bigint not null check (escalate_after_ms > 0),
  policy_id text,
  reason text,
  actor text,
  run_id text,
  fence bigint,
  request_hash text not null,
  valid_from timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (limit_id, version),
  constraint limit_versions_fenced check ((run_id is null) = (fence is null)),
  constraint limit_versions_thresholds_rise check (
    coalesce(warn, 0) <= coalesce(soft, hard, warn) and coalesce(soft, warn, 0) <= coalesce(hard, soft, warn)
    and coalesce(warn, soft, hard) is not null and coalesce(recover, 0) <= coalesce(warn, soft, hard))
);
select make_append_only('limit_versions');

create view current_limits as
select l.id, l.metric, l.scope, v.version, v.enabled, v.warn, v.soft, v.hard, v.recover, v.window_ms, v.time_zone, v.currency,
  v.max_price_age_ms, v.for_ms, v.keep_firing_ms, v.escalate_after_ms, v.policy_id, v.reason, v.valid_from
from limits as l join limit_versions as v on v.limit_id = l.id and v.version = l.current_version;

-- What a limit over time has counted: orders of a leaking bucket, or what was ordered since the window began. The subject is a symbol
-- where the limit counts each by itself.
create table limit_windows (
  limit_id text primary key references limits,
  used nonnegative_amount not null,
  since timestamptz not null
) with (fillfactor = 50);

create table trading_states (
  scope scope_key primary key,
  state trading_state not null,
  epoch bigint not null check (epoch > 0),
  reason text,
  changed_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create table trading_state_changes (
  scope scope_key not null,
  epoch bigint not null,
  from_state trading_state not null,
  to_state trading_state not null,
  reason text,
  actor text,
  run_id text,
  fence bigint,
  changed_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (scope, epoch),
  constraint trading_state_changes_fenced check ((run_id is null) = (fence is null))
);
select make_append_only('trading_state_changes');

create table risk_locks (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  scope scope_key not null,
  side order_side,
  reason text not null,
  from_at timestamptz not null,
  until_at timestamptz not null,
  released_at timestamptz,
  run_id text,
  fence bigint,
  request_hash text not null,
  actor text,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint risk_locks_fenced check ((run_id is null) = (fence is null)),
  constraint risk_locks_last check (from_at < until_at)
);
create index risk_locks_active on risk_locks (scope, until_at) where released_at is null;
