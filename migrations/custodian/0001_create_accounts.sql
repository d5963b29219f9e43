-- The state machines as data: the truth that the functions ask and the rules in TypeScript are tested against.
create table transitions (
  machine text not null,
  from_status text not null,
  to_status text not null,
  primary key (machine, from_status, to_status)
);
select make_append_only('transitions', 'immutable');

insert into transitions (machine, from_status, to_status) values
  ('account', 'active', 'suspended'),
  ('account', 'active', 'closed'),
  ('account', 'suspended', 'active'),
  ('account', 'suspended', 'closed');

-- Words that hot tables use are domains: a domain's check costs nothing measurable, a table's is parsed again by each statement.
create domain custody_account_kind as text check (value in ('master', 'omnibus', 'segregated', 'house', 'external'));

-- A tree: masters at the top; below them omnibus accounts, the house's own and clients'; below an omnibus account only clients'.
-- Masters and omnibus accounts hold nothing themselves: what they hold is the sum of those below, so no client's assets can be
-- lost in a common balance. External accounts stand for the outside and stand alone.
create table custody_accounts (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  kind custody_account_kind not null,
  parent_id text,
  parent_kind custody_account_kind,
  -- Whose account at which venue this is the custody of.
  venue text check (venue ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  client_account_id text check (client_account_id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  owner_id text not null check (length(owner_id) between 1 and 64),
  status text not null default 'active' check (status in ('active', 'suspended', 'closed')),
  request_hash text not null,
  version bigint not null default 1 check (version > 0),
  opened_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint custody_accounts_kind_key unique (id, kind),
  constraint custody_accounts_client_key unique (venue, client_account_id),
  constraint custody_accounts_parent_fkey foreign key (parent_id, parent_kind) references custody_accounts (id, kind),
  constraint custody_accounts_tree check ((parent_id is null) = (parent_kind is null) and case kind
    when 'segregated' then parent_kind is not null and parent_kind in ('master', 'omnibus')
    when 'omnibus' then parent_kind is not null and parent_kind = 'master'
    when 'house' then parent_kind is null or parent_kind = 'master'
    else parent_kind is null end),
  constraint custody_accounts_client check ((venue is null) = (client_account_id is null)
    and (venue is null or kind in ('segregated', 'house')))
);
create index custody_accounts_parent on custody_accounts (parent_id, id) where parent_id is not null;
create index custody_accounts_owner on custody_accounts (owner_id, id);

create table custody_account_events (
  account_id text not null references custody_accounts,
  version bigint not null check (version > 0),
  type text not null check (type in ('opened', 'changed')),
  status text not null check (status in ('active', 'suspended', 'closed')),
  reason text check (length(reason) <= 200),
  actor text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, version)
);
select make_append_only('custody_account_events');

-- What every custodian starts with: the account of the outside world.
insert into custody_accounts (id, kind, owner_id, request_hash, opened_at) values ('external', 'external', 'external', 'default', clock_timestamp());
