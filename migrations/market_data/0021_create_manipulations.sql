-- What is done to the prices of a symbol on purpose, and when: the truth that detectors are scored against.

insert into transitions (machine, from_status, to_status) values
  ('manipulation', 'planned', 'injecting'),
  ('manipulation', 'planned', 'recovered'),
  ('manipulation', 'injecting', 'active'),
  ('manipulation', 'injecting', 'recovered'),
  ('manipulation', 'active', 'paused'),
  ('manipulation', 'active', 'recovered'),
  ('manipulation', 'paused', 'active'),
  ('manipulation', 'paused', 'recovered');

-- Locked first. Its version grows with every change of the symbol's manipulations: the copy in Redis carries it.
create table manipulated_symbols (
  symbol text primary key references instruments,
  version bigint not null default 0
);

create table manipulations (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  symbol text not null references manipulated_symbols,
  kind text not null check (kind in ('price-shift', 'pump-and-dump', 'flash-crash', 'spoofing', 'layering', 'wash-trading',
    'spread-widening', 'liquidity-drain', 'volatility-spike', 'stale-feed')),
  modifier jsonb not null check (jsonb_typeof(modifier) = 'object'),
  ends_at timestamptz,
  state text not null default 'planned' check (state in ('planned', 'injecting', 'active', 'paused', 'recovered')),
  run_id text,
  fence bigint,
  version bigint not null default 1 check (version > 0),
  request_hash text not null,
  planned_at timestamptz not null,
  changed_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint manipulations_fence check ((run_id is null) = (fence is null)),
  constraint manipulations_end check (ends_at > planned_at)
);
create unique index manipulations_live_key on manipulations (symbol, kind) where state in ('injecting', 'active', 'paused');
create index manipulations_symbol on manipulations (symbol, id);
create index manipulations_run on manipulations (run_id, id) where run_id is not null;
create index manipulations_due on manipulations (ends_at) where state <> 'recovered' and ends_at is not null;

create table manipulation_transitions (
  manipulation_id text not null references manipulations,
  version bigint not null check (version > 0),
  from_state text check (from_state in ('planned', 'injecting', 'active', 'paused')),
  to_state text not null check (to_state in ('planned', 'injecting', 'active', 'paused', 'recovered')),
  cause text check (length(cause) <= 200),
  actor text,
  run_id text,
  fence bigint,
  event_id text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (manipulation_id, version)
);
select make_append_only('manipulation_transitions');

create view facts_manipulations as
select id, symbol, kind, modifier, ends_at, state, run_id, fence, version, planned_at, changed_at from manipulations;

create view facts_manipulation_transitions as
select t.manipulation_id, t.version, m.symbol, m.kind, t.from_state, t.to_state, t.cause, t.run_id, t.fence, t.occurred_at, t.recorded_at,
  case when o.event_id is null then 0 else o.publish_seq end as publish_seq
from manipulation_transitions as t
join manipulations as m on m.id = t.manipulation_id
left join outbox as o on o.event_id = t.event_id;
