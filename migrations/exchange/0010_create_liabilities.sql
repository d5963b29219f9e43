-- What the exchange owes its customers at one moment, as a Merkle-sum tree: the root commits to every leaf and to the totals.
create table liability_snapshots (
  id text primary key check (length(id) between 1 and 64),
  as_of timestamptz not null,
  root text not null check (length(root) = 64),
  totals jsonb not null check (jsonb_typeof(totals) = 'object'),
  leaves integer not null check (leaves >= 0),
  recorded_at timestamptz not null default clock_timestamp()
);
create index liability_snapshots_as_of on liability_snapshots (as_of, id);
select make_append_only('liability_snapshots');

create table liability_leaves (
  snapshot_id text not null references liability_snapshots,
  n integer not null check (n >= 0),
  account_id text not null,
  asset text not null,
  amount amount not null,
  salt text not null,
  hash text not null check (length(hash) = 64),
  primary key (snapshot_id, n)
);
create unique index liability_leaves_balance_key on liability_leaves (snapshot_id, account_id, asset);
select make_append_only('liability_leaves');
