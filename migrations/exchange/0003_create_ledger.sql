create domain transaction_kind as text check (value in ('trade', 'deposit', 'withdrawal', 'transfer', 'adjustment', 'reversal'));

-- A transaction is its business reference: the same one again is a repeat or a conflict, never a second booking.
-- Its entries sum to zero for each asset; all of them and it have one recorded_at, read after the locks.
create table journal_transactions (
  id text primary key generated always as (kind || ':' || reference) stored,
  kind transaction_kind not null,
  reference text not null,
  effective_at timestamptz not null,
  reverts_id text references journal_transactions,
  request_hash text,
  reason text,
  actor text,
  source text,
  source_seq bigint,
  recorded_at timestamptz not null,
  -- A repeated trade is compared with its own row.
  constraint journal_transactions_kind check (case kind when 'trade' then request_hash is null else request_hash is not null end
    and (reverts_id is null or kind = 'reversal'))
);
create unique index journal_transactions_reverts_key on journal_transactions (reverts_id) where reverts_id is not null;
create index journal_transactions_recorded_at on journal_transactions (recorded_at, id);
select make_append_only('journal_transactions');

-- A customer's entry carries the balance after it, so the balance at a time is one probe. House, fee and external accounts
-- are folded (see balances): theirs carry none, and their balance at a time is the sum.
create table entries (
  tx_id text not null,
  n integer not null,
  account_id text not null,
  asset text not null,
  amount amount not null,
  balance_after amount,
  balance_version bigint,
  event_id text,
  recorded_at timestamptz not null,
  primary key (tx_id, n),
  constraint entries_move_something check (amount <> 0 and (balance_after is null) = (balance_version is null))
);
create unique index entries_balance_key on entries (account_id, asset, recorded_at, balance_version);
select make_append_only('entries');
