create domain check_decision as text check (value in ('allow', 'deny'));
create domain reservation_state as text check (value in ('reserved', 'working', 'ended'));

create table checks (
  id text primary key,
  order_id text not null,
  attempt integer not null check (attempt > 0),
  account_id text not null,
  strategy_id text,
  venue text not null,
  symbol text not null,
  side order_side not null,
  qty positive_amount not null,
  price positive_amount,
  decision check_decision not null,
  code text not null check (code ~ '^[a-z-]{1,40}$'),
  binding_limit_id text,
  binding_limit_version integer,
  observed measure,
  limit_value measure,
  -- The prices the decision rests on, each with its kind, time and age.
  marks jsonb not null default '{}',
  valid_until timestamptz,
  request_hash text not null,
  event_id text not null,
  run_id text,
  source text,
  source_seq bigint,
  decided_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint checks_order_attempt_key unique (order_id, attempt),
  constraint checks_binding_fkey foreign key (binding_limit_id, binding_limit_version) references limit_versions (limit_id, version),
  constraint checks_allowed_for_a_while check ((decision = 'allow') = (valid_until is not null)),
  constraint checks_code_says_the_decision check ((decision = 'allow') = (code = 'allowed'))
);
select make_append_only('checks');
create index checks_account on checks (account_id, decided_at desc, id desc);
create index checks_decided on checks (decided_at desc, id desc);

-- A row a limit that was looked at.
create table check_results (
  check_id text not null,
  n integer not null,
  limit_id text not null,
  limit_version integer not null,
  observed measure,
  limit_value measure,
  outcome text not null check (outcome ~ '^[a-z-]{1,40}$'),
  primary key (check_id, n)
);
select make_append_only('check_results');

-- What is set aside for an order that was allowed: it ends with the fill, close or refusal of the order, or, unheard of, at its expiry.
create table reservations (
  order_id text primary key,
  check_id text not null references checks,
  attempt integer not null,
  account_id text not null,
  strategy_id text,
  venue text not null,
  symbol text not null,
  side order_side not null,
  qty positive_amount not null,
  leaves nonnegative_amount not null,
  price positive_amount,
  state reservation_state not null,
  valid_until timestamptz not null,
  ended_how text check (ended_how in ('filled', 'closed', 'refused', 'expired')),
  reserved_at timestamptz not null,
  ended_at timestamptz,
  version bigint not null default 1,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint reservations_ended check ((state = 'ended') = (ended_how is not null) and (state = 'ended') = (ended_at is not null) and (state <> 'ended' or leaves = 0))
) with (fillfactor = 80);
create index reservations_due on reservations (venue, valid_until, order_id) where state = 'reserved';
create index reservations_open on reservations (account_id, order_id) where state <> 'ended';

-- Up to which business time all events of a venue have been heard: only then can silence about an order mean that it never came.
create table venue_progress (
  venue text primary key,
  heard_until timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
