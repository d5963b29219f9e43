-- The state machines as data: the truth that the functions ask and the rules in TypeScript are tested against.
create table transitions (
  machine text not null,
  from_status text not null,
  to_status text not null,
  primary key (machine, from_status, to_status)
);
select make_append_only('transitions', 'immutable');

insert into transitions (machine, from_status, to_status) values
  ('strategy', 'active', 'paused'),
  ('strategy', 'active', 'retired'),
  ('strategy', 'paused', 'active'),
  ('strategy', 'paused', 'retired');

-- A strategy is retired and never deleted: orders, fills and positions point at what it was.
create table strategies (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  name text not null check (length(name) between 1 and 200),
  kind text not null check (kind in ('market-making', 'trend-following', 'mean-reversion', 'arbitrage', 'momentum', 'custom')),
  symbols text[] not null check (cardinality(symbols) between 1 and 100),
  status text not null default 'active' check (status in ('active', 'paused', 'retired')),
  last_version integer not null default 0 check (last_version >= 0),
  request_hash text not null,
  version bigint not null default 1 check (version > 0),
  created_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index strategies_status on strategies (status, id);

-- Code and parameters as they ran. The same content is the same version.
create table strategy_versions (
  strategy_id text not null references strategies,
  version integer not null check (version > 0),
  code_hash text not null check (length(code_hash) between 1 and 128),
  params jsonb not null check (jsonb_typeof(params) = 'object'),
  params_hash text not null,
  engine_version text check (length(engine_version) between 1 and 64),
  max_position positive_amount,
  max_daily_loss positive_amount,
  max_leverage positive_amount,
  published_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (strategy_id, version),
  constraint strategy_versions_content_key unique (strategy_id, code_hash, params_hash)
);
select make_append_only('strategy_versions');

create table strategy_events (
  strategy_id text not null references strategies,
  version bigint not null check (version > 0),
  type text not null check (type in ('created', 'changed', 'version-published')),
  status text not null check (status in ('active', 'paused', 'retired')),
  last_version integer not null,
  reason text check (length(reason) <= 200),
  actor text,
  event_id text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (strategy_id, version)
);
select make_append_only('strategy_events');
