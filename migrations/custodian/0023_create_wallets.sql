insert into transitions (machine, from_status, to_status) values
  ('multisig', 'proposed', 'executed'),
  ('multisig', 'proposed', 'replaced');

-- The state of multi-signature wallets, as their contract would have it. next_nonce counts what was executed: nonces have no gaps.
create table wallets (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  account_id text references custody_accounts,
  next_nonce bigint not null default 0 check (next_nonce >= 0),
  signer_version integer not null default 1 check (signer_version > 0),
  request_hash text not null,
  version bigint not null default 1 check (version > 0),
  opened_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);

create table signer_sets (
  wallet_id text not null references wallets,
  version integer not null check (version > 0),
  members text[] not null check (cardinality(members) between 1 and 50),
  threshold integer not null,
  -- The transaction that made it; the first has none.
  transaction_id text,
  valid_from timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (wallet_id, version),
  constraint signer_sets_threshold check (threshold between 1 and cardinality(members)),
  constraint signer_sets_origin check ((version = 1) = (transaction_id is null))
);
select make_append_only('signer_sets');

create table multisig_transactions (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  wallet_id text not null references wallets,
  nonce bigint not null check (nonce >= 0),
  -- A rejection takes the nonce of another one and does nothing.
  kind text not null check (kind in ('payment', 'rejection', 'signer-change')),
  payload_hash text not null check (length(payload_hash) between 1 and 128),
  new_members text[] check (cardinality(new_members) between 1 and 50),
  new_threshold integer,
  transfer_id text references transfers,
  proposer_id text not null,
  status text not null default 'proposed' check (status in ('proposed', 'executed', 'replaced')),
  request_hash text not null,
  version bigint not null default 1 check (version > 0),
  proposed_at timestamptz not null,
  closed_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint multisig_transactions_closed check ((status = 'proposed') = (closed_at is null)),
  constraint multisig_transactions_change check ((kind = 'signer-change') = (new_members is not null) and (new_members is null) = (new_threshold is null)
    and (new_threshold is null or new_threshold between 1 and cardinality(new_members)))
);
create unique index multisig_transactions_executed_key on multisig_transactions (wallet_id, nonce) where status = 'executed';
create index multisig_transactions_nonce on multisig_transactions (wallet_id, nonce, id);
create index multisig_transactions_transfer on multisig_transactions (transfer_id) where transfer_id is not null;

create table signatures (
  transaction_id text not null references multisig_transactions,
  signer_id text not null,
  -- The set that the signer was of: it counts while the signer has been of every set since.
  signer_version integer not null,
  payload_hash text not null,
  signature text not null check (length(signature) between 1 and 512),
  signed_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (transaction_id, signer_id)
);
select make_append_only('signatures');
