insert into transitions (machine, from_status, to_status) values
  ('netting', 'open', 'settled'),
  ('netting', 'open', 'cancelled');

-- The instructions of one source and one intended date, traded before a cut-off, as one multilateral net: each account's sum of each asset.
-- What is netted is the batch's alone: it does not settle by itself, and what comes later is not of the batch.
create table netting_batches (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  source text not null,
  intended_date date not null,
  cutoff_at timestamptz not null,
  -- Of the instructions and their versions, as they were netted: the same input is one batch.
  input_hash text not null,
  instructions integer not null check (instructions > 0),
  due_at timestamptz not null,
  status text not null default 'open' check (status in ('open', 'settled', 'cancelled')),
  request_hash text not null,
  correlation_id text,
  event_id text not null,
  version bigint not null default 1,
  netted_at timestamptz not null,
  closed_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint netting_batches_input_key unique (input_hash),
  constraint netting_batches_closed check ((status = 'open') = (closed_at is null))
);
create index netting_batches_open on netting_batches (due_at, id) where status = 'open';

-- What an account gives (below zero) or gets; sums to zero for each asset.
create table net_obligations (
  batch_id text not null references netting_batches,
  n integer not null,
  account_id text not null,
  asset asset_code not null,
  amount amount not null check (amount <> 0),
  primary key (batch_id, n),
  constraint net_obligations_holding_key unique (batch_id, account_id, asset)
);
select make_append_only('net_obligations');
