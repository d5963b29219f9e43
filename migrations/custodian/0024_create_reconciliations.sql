insert into transitions (machine, from_status, to_status) values
  ('break', 'open', 'investigating'),
  ('break', 'open', 'explained'),
  ('break', 'open', 'written-off'),
  ('break', 'open', 'closed'),
  ('break', 'investigating', 'open'),
  ('break', 'investigating', 'explained'),
  ('break', 'investigating', 'written-off'),
  ('break', 'investigating', 'closed'),
  ('break', 'explained', 'open'),
  ('break', 'explained', 'closed'),
  ('break', 'written-off', 'open'),
  ('break', 'written-off', 'closed');

-- Whoever sends statements: a bank, a chain, a venue. Locked by whoever adds to its lines.
create table statement_sources (
  source text primary key check (source ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  recorded_at timestamptz not null default clock_timestamp()
);

-- What a source covers and how far its lines may be from our entries; in versions, never changed.
create table match_rules (
  source text not null references statement_sources,
  version integer not null check (version > 0),
  account_ids text[],
  assets text[],
  movement_kinds text[],
  amount_tolerance nonnegative_amount not null,
  date_tolerance_ms bigint not null check (date_tolerance_ms >= 0),
  -- Members of a group at most, on the side that has many.
  most_in_group integer not null check (most_in_group between 1 and 8),
  request_hash text not null,
  defined_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (source, version)
);
select make_append_only('match_rules');

-- What others say moved. Lines that say the same twice are told apart by their occurrence.
create table statement_lines (
  id bigint generated always as identity primary key,
  source text not null references statement_sources,
  external_id text not null check (length(external_id) between 1 and 128),
  account_id text not null references custody_accounts,
  asset asset_code not null,
  amount amount not null check (amount <> 0),
  booked_at timestamptz not null,
  -- Our transaction, where the source knows it.
  reference text check (length(reference) between 1 and 96),
  occurrence integer not null check (occurrence >= 0),
  request_hash text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint statement_lines_external_key unique (source, external_id)
);
create unique index statement_lines_occurrence_key on statement_lines (reference, account_id, asset, amount, source, occurrence) where reference is not null;
create index statement_lines_booked on statement_lines (source, booked_at, id);
select make_append_only('statement_lines');

create table statement_balances (
  source text not null references statement_sources,
  external_id text not null check (length(external_id) between 1 and 128),
  account_id text not null references custody_accounts,
  asset asset_code not null,
  balance amount not null,
  as_of timestamptz not null,
  request_hash text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (source, external_id)
);
create index statement_balances_as_of on statement_balances (source, account_id, asset, as_of);
select make_append_only('statement_balances');

create table reconciliation_runs (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  kind text not null check (kind in ('movements', 'holdings', 'liabilities')),
  source text not null,
  rule_version integer,
  from_at timestamptz,
  cutoff timestamptz not null,
  dry_run boolean not null,
  status text not null default 'running' check (status in ('running', 'completed')),
  -- Pages written. One that was cut off goes on: what it has written is not found again.
  cursor integer not null default 0 check (cursor >= 0),
  lines integer,
  entries integer,
  matched integer,
  grouped integer,
  differences integer,
  request_hash text not null,
  version bigint not null default 1,
  started_at timestamptz not null,
  completed_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint reconciliation_runs_completed check ((status = 'completed') = (completed_at is not null)),
  constraint reconciliation_runs_window check (from_at <= cutoff)
);
create unique index reconciliation_runs_running_key on reconciliation_runs (kind, source) where status = 'running';
create index reconciliation_runs_started on reconciliation_runs (started_at, id);

-- A line that names our transaction and says the same of it needs no row: neither is ever changed, so it is a fact. These are the others.
create table matches (
  id text primary key,
  run_id text not null references reconciliation_runs,
  source text not null,
  rule_version integer not null,
  rule text not null check (rule in ('twin', 'tolerance', 'sum', 'amount', 'covering')),
  -- Theirs less ours, within the tolerance.
  difference amount not null,
  dissolved_at timestamptz,
  matched_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index matches_run on matches (run_id, id);

create table match_items (
  match_id text not null references matches,
  item integer not null,
  source text not null,
  line_id bigint references statement_lines,
  tx_id text,
  n integer,
  live boolean not null default true,
  primary key (match_id, item),
  constraint match_items_one_side check ((line_id is null) <> (tx_id is null) and (tx_id is null) = (n is null))
);
-- Each line, and each entry for a source, in one live match.
create unique index match_items_line_key on match_items (line_id) where live and line_id is not null;
create unique index match_items_entry_key on match_items (source, tx_id, n) where live and tx_id is not null;

create domain break_kind as text check (value in ('missing-ours', 'missing-theirs', 'amount-differs', 'asset-differs', 'date-differs', 'duplicate-line',
  'holding-differs', 'asset-missing', 'deficit'));

-- One while it lasts, however often it is seen: its key is what it is about. Written off or explained it is still there until it is gone.
create table breaks (
  id text primary key,
  break_key text not null,
  run_kind text not null check (run_kind in ('movements', 'holdings', 'liabilities')),
  source text not null,
  kind break_kind not null,
  account_id text,
  asset text not null,
  line_id bigint references statement_lines,
  tx_id text,
  n integer,
  -- What is missing on a side is null.
  ours amount,
  theirs amount,
  difference amount not null generated always as (coalesce(theirs, 0) - coalesce(ours, 0)) stored,
  -- When it happened: of the line, the entry or the balance.
  at timestamptz not null,
  state text not null default 'open' check (state in ('open', 'investigating', 'explained', 'written-off', 'closed')),
  owner_id text check (length(owner_id) between 1 and 64),
  note text check (length(note) <= 200),
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  seen_count integer not null default 1 check (seen_count > 0),
  last_run_id text not null references reconciliation_runs,
  version bigint not null default 1,
  closed_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint breaks_closed check ((state = 'closed') = (closed_at is not null))
);
create unique index breaks_live_key on breaks (break_key) where state <> 'closed';
create index breaks_live on breaks (source, run_kind, id) where state <> 'closed';
create index breaks_seen on breaks (first_seen, id);

create table break_events (
  break_id text not null references breaks,
  version bigint not null,
  state text not null,
  kind break_kind not null,
  ours amount,
  theirs amount,
  owner_id text,
  note text,
  actor text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (break_id, version)
);
select make_append_only('break_events');

-- What is in custody at one moment, as a Merkle-sum tree: to be held against what a venue owes its customers.
create table holding_snapshots (
  id text primary key check (length(id) between 1 and 64),
  as_of timestamptz not null,
  root text not null check (length(root) = 64),
  totals jsonb not null check (jsonb_typeof(totals) = 'object'),
  leaves integer not null check (leaves >= 0),
  recorded_at timestamptz not null default clock_timestamp()
);
create index holding_snapshots_as_of on holding_snapshots (as_of, id);
select make_append_only('holding_snapshots');

create table holding_leaves (
  snapshot_id text not null references holding_snapshots,
  n integer not null,
  account_id text not null,
  venue text,
  asset text not null,
  amount positive_amount not null,
  salt text not null,
  hash text not null check (length(hash) = 64),
  primary key (snapshot_id, n)
);
create index holding_leaves_account on holding_leaves (snapshot_id, account_id, asset);
select make_append_only('holding_leaves');

-- Holdings of a snapshot for a venue's clients against what the venue says it owes.
create table liability_comparisons (
  run_id text primary key references reconciliation_runs,
  snapshot_id text not null references holding_snapshots,
  venue text not null,
  liability_root text not null,
  -- { asset: { held, owed, difference } }
  totals jsonb not null,
  recorded_at timestamptz not null default clock_timestamp()
);
select make_append_only('liability_comparisons');
