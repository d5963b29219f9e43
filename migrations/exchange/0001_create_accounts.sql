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
  ('account', 'suspended', 'closed'),
  ('kyc', 'pending', 'approved'),
  ('kyc', 'pending', 'rejected'),
  ('kyc', 'approved', 'pending'),
  ('kyc', 'approved', 'rejected'),
  ('kyc', 'rejected', 'pending');

-- Words that hot tables use are domains: a domain's check costs nothing measurable, a table's is parsed again by each statement.
create domain account_kind as text check (value in ('customer', 'house', 'fee', 'external'));

-- scope_id is the account at the top: every read and write names it beside the id, so a sub-account is out of reach
-- for whoever does not come from its parent. Tables owned by accounts carry the pair.
create table accounts (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  parent_id text check (parent_id <> id),
  scope_id text not null generated always as (coalesce(parent_id, id)) stored,
  owner_id text not null check (length(owner_id) between 1 and 64),
  kind account_kind not null,
  type text not null check (type in ('spot', 'margin', 'futures')),
  status text not null default 'active' check (status in ('active', 'suspended', 'closed')),
  kyc_status text not null default 'pending' check (kyc_status in ('pending', 'approved', 'rejected')),
  fee_tier text not null default 'standard' check (length(fee_tier) between 1 and 64),
  check_required boolean not null default false,
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  request_hash text not null,
  version bigint not null default 1 check (version > 0),
  opened_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint accounts_scope_key unique (scope_id, id),
  constraint accounts_kind_key unique (id, kind),
  -- (parent, parent) is a (scope, id) only where the parent is itself at the top: one level.
  constraint accounts_parent_fkey foreign key (parent_id, parent_id) references accounts (scope_id, id),
  constraint accounts_sub_accounts_are_customers check (parent_id is null or kind = 'customer')
);
create index accounts_owner on accounts (owner_id, id);
create index accounts_parent on accounts (parent_id, id) where parent_id is not null;

create table account_events (
  account_id text not null references accounts,
  version bigint not null check (version > 0),
  type text not null check (type in ('opened', 'changed', 'overdraft-changed')),
  status text not null check (status in ('active', 'suspended', 'closed')),
  kyc_status text not null check (kyc_status in ('pending', 'approved', 'rejected')),
  changes jsonb not null,
  reason text check (length(reason) <= 200),
  actor text,
  event_id text not null,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, version)
);
select make_append_only('account_events');
