create domain transfer_kind as text check (value in ('deposit', 'withdrawal', 'internal'));
create domain transfer_status as text check (value in ('submitted', 'screening', 'pending-approval', 'queued', 'pending-signature', 'broadcasting',
  'confirming', 'completed', 'cancelling', 'cancelled', 'rejected', 'blocked', 'failed'));

-- What each transition does with the funds of the source: the one place that says it. `new` is no status: it is the request. External
-- sources have nothing to reserve or to give back.
create table transfer_effects (
  from_status text not null,
  to_status text not null,
  effect text not null check (effect in ('none', 'reserve', 'release', 'capture')),
  primary key (from_status, to_status)
);
select make_append_only('transfer_effects', 'immutable');
insert into transfer_effects (from_status, to_status, effect) values
  ('new', 'submitted', 'reserve'),
  ('submitted', 'screening', 'none'),
  ('submitted', 'pending-approval', 'none'),
  ('submitted', 'queued', 'none'),
  ('submitted', 'blocked', 'release'),
  ('screening', 'pending-approval', 'none'),
  ('screening', 'queued', 'none'),
  ('screening', 'blocked', 'release'),
  ('screening', 'cancelled', 'release'),
  ('pending-approval', 'queued', 'none'),
  ('pending-approval', 'rejected', 'release'),
  ('pending-approval', 'cancelled', 'release'),
  ('queued', 'pending-signature', 'none'),
  ('queued', 'broadcasting', 'none'),
  ('queued', 'completed', 'capture'),
  ('queued', 'cancelled', 'release'),
  ('queued', 'failed', 'release'),
  ('pending-signature', 'broadcasting', 'none'),
  ('pending-signature', 'cancelled', 'release'),
  ('pending-signature', 'failed', 'release'),
  ('broadcasting', 'confirming', 'none'),
  ('broadcasting', 'completed', 'capture'),
  ('broadcasting', 'cancelling', 'none'),
  ('broadcasting', 'failed', 'release'),
  ('confirming', 'completed', 'capture'),
  ('confirming', 'failed', 'release'),
  ('cancelling', 'cancelled', 'release'),
  ('cancelling', 'confirming', 'none'),
  ('cancelling', 'completed', 'capture'),
  ('cancelling', 'failed', 'release');
insert into transitions (machine, from_status, to_status)
select 'transfer', from_status, to_status from transfer_effects where from_status <> 'new';

create table transfers (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  requester_id text not null check (length(requester_id) between 1 and 64),
  idempotency_key text not null check (length(idempotency_key) between 1 and 64),
  kind transfer_kind not null,
  from_account_id text not null references custody_accounts,
  to_account_id text not null references custody_accounts,
  asset asset_code not null,
  amount positive_amount not null,
  -- Where it leaves to or comes from, outside.
  address text check (length(address) between 1 and 128),
  status transfer_status not null,
  reason text check (length(reason) <= 200),
  -- What an approver approves.
  digest text not null,
  policy_set_id text references policy_sets,
  policy_version integer,
  rule_id text,
  approval_request_id text references approval_requests,
  transaction_hash text check (length(transaction_hash) between 1 and 128),
  request_hash text not null,
  source text,
  source_seq bigint,
  version bigint not null default 1 check (version > 0),
  requested_at timestamptz not null,
  closed_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint transfers_idempotency_key unique (requester_id, idempotency_key),
  constraint transfers_between_two check (from_account_id <> to_account_id),
  constraint transfers_closed check ((closed_at is not null) = (status in ('completed', 'cancelled', 'rejected', 'blocked', 'failed'))),
  constraint transfers_approved check (status <> 'pending-approval' or approval_request_id is not null)
) with (fillfactor = 80);
create index transfers_from on transfers (from_account_id, requested_at, id);
create index transfers_to on transfers (to_account_id, requested_at, id);
create index transfers_open on transfers (status, requested_at, id) where closed_at is null;

create table transfer_events (
  transfer_id text not null references transfers,
  version bigint not null,
  from_status text not null,
  status transfer_status not null,
  effect text not null check (effect in ('none', 'reserve', 'release', 'capture')),
  reason text,
  actor text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (transfer_id, version),
  -- No row says another effect than the one place does.
  constraint transfer_events_effect_fkey foreign key (from_status, status) references transfer_effects
);
select make_append_only('transfer_events');
