insert into transitions (machine, from_status, to_status) values
  ('signal', 'pending', 'accepted'),
  ('signal', 'pending', 'rejected'),
  ('signal', 'pending', 'expired');

-- What a strategy wanted, and what became of it. Refused ones are kept, with the code of what refused.
create table signals (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  deployment_id text not null references deployments,
  symbol text not null,
  bar_at timestamptz,
  action text not null check (action in ('enter-long', 'exit-long', 'enter-short', 'exit-short', 'buy', 'sell', 'hold')),
  qty positive_amount,
  price positive_amount,
  tag text check (length(tag) between 1 and 64),
  outcome text not null check (outcome in ('pending', 'accepted', 'rejected', 'expired')),
  reason text check (length(reason) between 1 and 64),
  check_id text,
  request_hash text not null,
  version bigint not null default 1,
  signaled_at timestamptz not null,
  decided_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint signals_decided check ((outcome = 'pending') = (decided_at is null)),
  constraint signals_refused check (outcome <> 'rejected' or reason is not null)
);
create index signals_deployment on signals (deployment_id, signaled_at, id);
create index signals_refused on signals (deployment_id, reason, signaled_at) where outcome = 'rejected';
