insert into transitions (machine, from_status, to_status) values
  ('settlement', 'pending', 'partially-settled'),
  ('settlement', 'pending', 'settled'),
  ('settlement', 'pending', 'failing'),
  ('settlement', 'pending', 'netted'),
  ('settlement', 'pending', 'cancelled'),
  ('settlement', 'partially-settled', 'settled'),
  ('settlement', 'partially-settled', 'failing'),
  ('settlement', 'partially-settled', 'cancelled'),
  ('settlement', 'failing', 'settled'),
  ('settlement', 'failing', 'netted'),
  ('settlement', 'failing', 'cancelled'),
  ('settlement', 'netted', 'settled'),
  ('settlement', 'netted', 'pending'),
  ('settlement', 'netted', 'failing');

create domain settlement_status as text
  check (value in ('pending', 'partially-settled', 'failing', 'netted', 'settled', 'cancelled'));
create domain settlement_leg_kind as text check (value in ('delivery', 'payment', 'fee'));

-- What is to change hands, all legs together or none: an instruction settles in equal lots (one, where it may not settle in parts),
-- and a lot is the same part of each leg. What a leg has settled is its lot times settled_lots; nothing else says it.
create table settlement_instructions (
  id text primary key,
  source text not null,
  reference text not null,
  traded_at timestamptz not null,
  cycle smallint not null,
  calendar_versions jsonb not null,
  intended_date date not null,
  due_at timestamptz not null,
  -- The last cut-off of the intended date: unsettled by then it fails, and is tried again.
  cuts_off_at timestamptz not null,
  -- When it is looked at again; null where nothing but a change of it can help.
  next_attempt_at timestamptz,
  priority smallint not null,
  on_hold boolean not null,
  delayed_until timestamptz,
  lots integer not null,
  minimum_lots integer not null,
  settled_lots integer not null default 0,
  status settlement_status not null default 'pending',
  netting_batch_id text,
  request_hash text not null,
  -- The event this answers, where the source is a schema that published it.
  source_seq bigint,
  -- Whose flow it belongs to, and the event of its registration: what a worker does for it later goes on from there.
  correlation_id text,
  event_id text not null,
  version bigint not null default 1,
  registered_at timestamptz not null,
  closed_at timestamptz,
  recorded_at timestamptz not null,
  constraint settlement_instructions_reference_key unique (source, reference)
) with (fillfactor = 85);

-- In a function, which is compiled once a session: table checks are parsed again by each statement.
create function settlement_is_sound(s settlement_instructions) returns boolean
language plpgsql
immutable
as $$
begin
  return s.cycle between 0 and 3 and s.priority between 1 and 9
    and s.lots between 1 and 1000000 and s.minimum_lots between 1 and s.lots and s.settled_lots between 0 and s.lots
    and (s.settled_lots = s.lots) = (s.status = 'settled')
    and (s.status not in ('pending', 'netted') or s.settled_lots = 0)
    and (s.status <> 'partially-settled' or s.settled_lots > 0)
    and (s.status in ('settled', 'cancelled')) = (s.closed_at is not null)
    and (s.status <> 'netted' or s.netting_batch_id is not null)
    and s.due_at >= s.traded_at and s.cuts_off_at > s.traded_at;
end
$$;
alter table settlement_instructions add constraint settlement_instructions_are_sound check (settlement_is_sound(settlement_instructions));

-- The queue, by date and priority.
create index settlement_instructions_due on settlement_instructions (intended_date, priority, id)
  where status in ('pending', 'partially-settled', 'failing') and next_attempt_at is not null;
create index settlement_instructions_batch on settlement_instructions (netting_batch_id, id) where netting_batch_id is not null;

create table settlement_legs (
  instruction_id text not null,
  n integer not null check (n > 0),
  kind settlement_leg_kind not null,
  from_account_id text not null,
  to_account_id text not null,
  asset asset_code not null,
  qty positive_amount not null,
  -- qty / lots, exactly.
  lot_qty positive_amount not null,
  primary key (instruction_id, n)
);
select make_append_only('settlement_legs');
create index settlement_legs_from on settlement_legs (from_account_id, instruction_id);
create index settlement_legs_to on settlement_legs (to_account_id, instruction_id);

-- Kept for a test run: until then the leg, and with it the instruction, does not settle.
create table settlement_delays (
  instruction_id text not null references settlement_instructions,
  n integer not null,
  until timestamptz not null,
  run_id text not null,
  fence bigint not null,
  primary key (instruction_id, n)
);

create table settlement_events (
  instruction_id text not null,
  version bigint not null,
  type text not null,
  status settlement_status not null,
  settled_lots integer not null,
  tx_id text,
  reason text,
  actor text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null,
  primary key (instruction_id, version)
);
select make_append_only('settlement_events');

-- One open fail an instruction: from the cut-off it missed until it settles or is cancelled.
create table settlement_fails (
  instruction_id text not null references settlement_instructions,
  failed_at timestamptz not null,
  reason text not null,
  -- How often it was tried again since.
  recycles integer not null default 0,
  ended_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (instruction_id, failed_at),
  constraint settlement_fails_end check (ended_at >= failed_at)
);
create unique index settlement_fails_open_key on settlement_fails (instruction_id) where ended_at is null;
