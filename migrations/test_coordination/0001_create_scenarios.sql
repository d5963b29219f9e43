-- The state machines as data: the truth that the functions ask and the rules in TypeScript are tested against.
create table transitions (
  machine text not null,
  from_status text not null,
  to_status text not null,
  primary key (machine, from_status, to_status)
);
select make_append_only('transitions', 'immutable');

insert into transitions (machine, from_status, to_status) values
  ('scenario', 'draft', 'active'),
  ('scenario', 'draft', 'archived'),
  ('scenario', 'active', 'deprecated'),
  ('scenario', 'active', 'archived'),
  ('scenario', 'deprecated', 'active'),
  ('scenario', 'deprecated', 'archived');

create domain entity_id as text check (value ~ '^[A-Za-z0-9._:/-]{1,64}$');
create domain scenario_type as text check (value in ('service-restart', 'network-partition', 'network-latency', 'resource-exhaustion',
  'data-corruption', 'strategy-malfunction', 'price-divergence', 'market-crash', 'stablecoin-depeg', 'settlement-failure', 'combined'));
create domain scenario_status as text check (value in ('draft', 'active', 'archived', 'deprecated'));

-- What a scenario is called and whether it is used; what it does is in its versions, which never change. active_version is the
-- one that runs where none is named.
create table scenarios (
  id entity_id primary key,
  name text not null check (length(name) between 1 and 200),
  type scenario_type not null,
  description text check (length(description) <= 2000),
  tags text[] not null default '{}',
  status scenario_status not null default 'draft',
  active_version integer not null check (active_version > 0),
  last_version integer not null check (last_version >= active_version),
  created_by text check (length(created_by) <= 64),
  version bigint not null default 1 check (version > 0),
  created_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index scenarios_type on scenarios (type, id);
create index scenarios_tags on scenarios using gin (tags);

-- spec_text is what the person wrote, spec what it means; the hash is of the meaning, so another layout is the same version.
create table scenario_versions (
  scenario_id entity_id not null references scenarios,
  version integer not null check (version > 0),
  spec jsonb not null check (jsonb_typeof(spec) = 'object'),
  spec_text text not null,
  spec_hash text not null,
  template_id text,
  template_version integer,
  parameters jsonb,
  created_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (scenario_id, version),
  constraint scenario_versions_hash_key unique (scenario_id, spec_hash),
  check ((template_id is null) = (template_version is null))
);
select make_append_only('scenario_versions');

-- The tree of a version, in the order in which it runs: `1`, `1.2`, `1.2.1`.
create table steps (
  scenario_id text not null,
  version integer not null,
  path text not null check (path ~ '^[1-9][0-9]*(\.[1-9][0-9]*)*$'),
  n integer not null check (n > 0),
  kind text not null check (kind in ('serial', 'parallel', 'wait', 'fault', 'probe')),
  name text not null,
  deadline_ms bigint check (deadline_ms > 0),
  spec jsonb not null,
  primary key (scenario_id, version, path),
  unique (scenario_id, version, n),
  foreign key (scenario_id, version) references scenario_versions
);
select make_append_only('steps');

-- A scenario with holes: `parameters` says the type, bounds and default of each.
create table templates (
  id entity_id not null,
  version integer not null check (version > 0),
  body_text text not null,
  body_hash text not null,
  parameters jsonb not null check (jsonb_typeof(parameters) = 'object'),
  created_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (id, version),
  constraint templates_hash_key unique (id, body_hash)
);
select make_append_only('templates');

-- Written in one transaction with the version, which comes second.
alter table scenarios add constraint scenarios_active_version_fkey
  foreign key (id, active_version) references scenario_versions (scenario_id, version) deferrable initially deferred;
