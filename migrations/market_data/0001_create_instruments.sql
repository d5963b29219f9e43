-- The state machines as data: the truth that the functions ask and the rules in TypeScript are tested against.
create table transitions (
  machine text not null,
  from_status text not null,
  to_status text not null,
  primary key (machine, from_status, to_status)
);
select make_append_only('transitions', 'immutable');

insert into transitions (machine, from_status, to_status) values
  ('instrument', 'active', 'inactive'),
  ('instrument', 'active', 'delisted'),
  ('instrument', 'inactive', 'active'),
  ('instrument', 'inactive', 'delisted');

create domain instrument_status as text check (value in ('active', 'inactive', 'delisted'));

-- The terms are fixed for good; status and version change under the row's lock.
create table instruments (
  symbol text primary key,
  base text not null check (base ~ '^[A-Z0-9]{1,16}$'),
  quote text not null check (quote ~ '^[A-Z0-9]{1,16}$'),
  tick_size positive_amount not null,
  price_scale integer not null generated always as (scale(trim_scale(tick_size))) stored,
  step_size positive_amount not null,
  qty_scale integer not null generated always as (scale(trim_scale(step_size))) stored,
  min_notional nonnegative_amount not null,
  name text check (length(name) between 1 and 64),
  status instrument_status not null,
  version bigint not null default 1,
  request_hash text not null,
  registered_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint instruments_symbol check (symbol = base || '-' || quote and base <> quote),
  -- Price times quantity is exact: it is never rounded.
  constraint instruments_scales check (price_scale + qty_scale <= 18)
);
create index instruments_base on instruments (base);

create table instrument_status_changes (
  symbol text not null references instruments,
  version bigint not null check (version > 0),
  prev_status instrument_status,
  status instrument_status not null,
  reason text check (length(reason) <= 200),
  actor text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (symbol, version)
);
select make_append_only('instrument_status_changes');
