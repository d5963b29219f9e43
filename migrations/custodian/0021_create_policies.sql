insert into transitions (machine, from_status, to_status) values
  ('policy', 'proposed', 'published'),
  ('policy', 'proposed', 'rejected'),
  ('policy', 'proposed', 'expired'),
  ('policy', 'proposed', 'cancelled'),
  ('policy', 'published', 'retired');

create domain policy_status as text check (value in ('proposed', 'published', 'retired', 'rejected', 'expired', 'cancelled'));

-- What a set says never changes: another set takes its place, by an approval on the terms of the set that is in force. The first one of
-- all needs none. The version is given when it is published, dense.
create table policy_sets (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  version integer unique check (version > 0),
  status policy_status not null,
  initiator_id text not null check (length(initiator_id) between 1 and 64),
  -- { join, veto, expiresAfterMs, groups: [{ name, threshold, members }] }
  change_terms jsonb not null check (jsonb_typeof(change_terms) = 'object'),
  -- How long an address waits on the whitelist before it may be used.
  whitelist_lock_ms bigint not null check (whitelist_lock_ms >= 0),
  digest text not null,
  request_hash text not null,
  proposed_at timestamptz not null,
  published_at timestamptz,
  ended_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint policy_sets_are_sound check ((version is null) = (published_at is null) and (status in ('published', 'retired')) = (version is not null)
    and (status in ('proposed', 'published')) = (ended_at is null))
);
create unique index policy_sets_published_key on policy_sets ((true)) where status = 'published';
create unique index policy_sets_proposed_key on policy_sets ((true)) where status = 'proposed';
create trigger policy_sets_are_immutable before update on policy_sets for each row
  when ((old.initiator_id, old.change_terms, old.whitelist_lock_ms, old.digest, old.request_hash)
    is distinct from (new.initiator_id, new.change_terms, new.whitelist_lock_ms, new.digest, new.request_hash)
    or old.version is not null and old.version is distinct from new.version)
  execute function refuse_change();

-- In order, the first that matches decides; where none does, the transfer is blocked. Null matches all. A rule with a limit matches only as
-- long as what it lets through stays within: a transfer, a rolling window, or ever. A rule keeps its id, and its usage, from set to set.
create table policy_rules (
  set_id text not null references policy_sets,
  ord integer not null check (ord > 0),
  rule_id text not null check (rule_id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  action text not null check (action in ('allow', 'approve', 'block')),
  kinds text[],
  assets text[],
  account_ids text[],
  requester_ids text[],
  destination text not null check (destination in ('any', 'internal', 'whitelisted')),
  min_amount nonnegative_amount,
  limit_per text check (limit_per in ('transfer', 'window', 'lifetime')),
  limit_amount nonnegative_amount,
  limit_window_ms bigint check (limit_window_ms > 0),
  -- Whose transfers are counted together.
  limit_of text check (limit_of in ('account', 'requester', 'all')),
  screening boolean not null,
  terms jsonb,
  primary key (set_id, ord),
  constraint policy_rules_id_key unique (set_id, rule_id),
  constraint policy_rules_terms check ((action = 'approve') = (terms is not null)),
  constraint policy_rules_limit check ((limit_per is null) = (limit_amount is null) and (limit_per is null) = (limit_of is null)
    and (limit_per is not distinct from 'window') = (limit_window_ms is not null))
);
select make_append_only('policy_rules');

-- Locked by whoever counts what was used.
create table policy_limits (
  rule_id text not null,
  scope text not null,
  asset text not null,
  primary key (rule_id, scope, asset)
);

-- What a transfer takes of a rule's limit, from its request on: given back to the very window that it was taken from.
create table policy_usage (
  transfer_id text primary key,
  rule_id text not null,
  scope text not null,
  asset text not null,
  amount positive_amount not null,
  used_at timestamptz not null,
  returned_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint policy_usage_limit_fkey foreign key (rule_id, scope, asset) references policy_limits
);
create index policy_usage_window on policy_usage (rule_id, scope, asset, used_at) where returned_at is null;

create table whitelist_entries (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  asset text not null check (asset ~ '^[A-Z0-9]{1,16}$'),
  address text not null check (length(address) between 1 and 128),
  label text check (length(label) between 1 and 200),
  usable_from timestamptz not null,
  status text not null default 'listed' check (status in ('listed', 'revoked')),
  request_hash text not null,
  added_at timestamptz not null,
  revoked_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint whitelist_entries_revoked check ((status = 'revoked') = (revoked_at is not null)),
  constraint whitelist_entries_wait check (usable_from >= added_at)
);
create unique index whitelist_entries_listed_key on whitelist_entries (asset, address) where status = 'listed';
