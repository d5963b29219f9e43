create domain asset_code as text check (value ~ '^[A-Z0-9]{1,16}$');

-- settled: what is here. reserved = what the open reservations still hold of it; what is free is the difference.
-- Only accounts that hold something themselves; external ones have no floor and no reservations.
create table holdings (
  account_id text not null,
  asset asset_code not null,
  account_kind custody_account_kind not null,
  settled amount not null default 0,
  reserved nonnegative_amount not null default 0,
  version bigint not null default 0,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, asset),
  constraint holdings_account_fkey foreign key (account_id, account_kind) references custody_accounts (id, kind)
) with (fillfactor = 70);

-- In a function, which is compiled once a session: table checks are parsed again by each statement.
create function holding_is_sound(h holdings) returns boolean
language plpgsql
immutable
as $$
begin
  return case h.account_kind when 'segregated' then h.settled >= h.reserved when 'house' then h.settled >= h.reserved
    when 'external' then h.reserved = 0 else false end;
end
$$;
alter table holdings add constraint holdings_are_sound check (holding_is_sound(holdings));

create domain movement_kind as text check (value in ('settlement', 'netting', 'transfer', 'adjustment'));

-- What moved is its business reference: the same one again is a repeat or a conflict, never a second booking.
-- Its movements sum to zero for each asset; all of them and it have one recorded_at, read after the locks.
create table movement_transactions (
  id text primary key generated always as (kind || ':' || reference) stored,
  kind movement_kind not null,
  reference text not null,
  effective_at timestamptz not null,
  -- Where the work has a row of its own, a repeat is compared with that.
  request_hash text,
  reason text,
  actor text,
  source text,
  source_seq bigint,
  recorded_at timestamptz not null
);
create index movement_transactions_recorded_at on movement_transactions (recorded_at, id);
select make_append_only('movement_transactions');

create table movements (
  tx_id text not null,
  n integer not null,
  account_id text not null,
  asset asset_code not null,
  amount amount not null check (amount <> 0),
  holding_after amount not null,
  holding_version bigint not null,
  recorded_at timestamptz not null,
  primary key (tx_id, n)
);
create unique index movements_holding_key on movements (account_id, asset, recorded_at, holding_version);
select make_append_only('movements');

create domain reservation_kind as text check (value in ('settlement', 'transfer', 'multisig', 'manual'));
create domain reservation_state as text check (value in ('open', 'used', 'released'));

-- A part of one client's holding set aside, never of an omnibus account's. Used (moved out of it) and released until nothing remains.
create table reservations (
  id text primary key generated always as (kind || ':' || reference) stored,
  kind reservation_kind not null,
  reference text not null,
  account_id text not null,
  asset asset_code not null,
  amount positive_amount not null,
  used nonnegative_amount not null default 0,
  released nonnegative_amount not null default 0,
  -- A closed reservation says by what it was closed.
  state reservation_state not null default 'open',
  version bigint not null default 1,
  made_at timestamptz not null,
  closed_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint reservations_holding_fkey foreign key (account_id, asset) references holdings (account_id, asset),
  constraint reservations_are_sound check ((state = 'open') = (closed_at is null)
    and case state when 'open' then used + released < amount else used + released = amount end)
) with (fillfactor = 80);
create index reservations_of_holding on reservations (account_id, asset, id);
