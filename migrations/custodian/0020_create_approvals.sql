-- What a compliance officer reads: every decision of a rule, a vote's end, a change of who and what decides.
create table compliance_records (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('policy-decision', 'policy-change', 'approval-decision', 'approver-change', 'whitelist-change', 'screening',
    'signer-change')),
  subject_kind text not null,
  subject_id text not null,
  decision text not null,
  policy_version integer,
  rule_id text,
  reason text,
  details jsonb not null default '{}',
  actor text,
  correlation_id text,
  occurred_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index compliance_records_subject on compliance_records (subject_kind, subject_id, id);
create index compliance_records_at on compliance_records (occurred_at, id);
select make_append_only('compliance_records');

insert into transitions (machine, from_status, to_status) values
  ('approval', 'pending', 'approved'),
  ('approval', 'pending', 'rejected'),
  ('approval', 'pending', 'expired'),
  ('approval', 'pending', 'cancelled'),
  ('approval', 'pending', 'superseded');

-- Persons. Whoever is removed stays known and counts in no quorum; a vote cast before a removal stays void after a return.
create table approvers (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  status text not null check (status in ('active', 'removed')),
  version bigint not null default 1 check (version > 0),
  registered_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);

create domain approval_status as text check (value in ('pending', 'approved', 'rejected', 'expired', 'cancelled', 'superseded'));

-- Frozen when it is opened: what is voted on (by its digest), under which rule, by whom, until when. Only its status moves.
create table approval_requests (
  id text primary key check (id ~ '^[A-Za-z0-9._:/-]{1,64}$'),
  subject_kind text not null check (length(subject_kind) between 1 and 64),
  subject_id text not null check (length(subject_id) between 1 and 64),
  subject_digest text not null check (length(subject_digest) between 1 and 128),
  initiator_id text not null check (length(initiator_id) between 1 and 64),
  policy_version integer,
  rule_id text,
  -- all: each group has its threshold, a person counting in one group at most. any: one group has.
  join_rule text not null check (join_rule in ('all', 'any')),
  -- One rejection decides. Without it, rejections decide once those who are left cannot reach the quorum.
  veto boolean not null,
  expires_at timestamptz not null,
  status approval_status not null default 'pending',
  reason text check (length(reason) <= 200),
  -- The groups with the approvals that counted when it was decided.
  decided_quorum jsonb,
  request_hash text,
  source text,
  source_seq bigint,
  version bigint not null default 1 check (version > 0),
  opened_at timestamptz not null,
  decided_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint approval_requests_expire_later check (expires_at > opened_at),
  constraint approval_requests_decided check ((status = 'pending') = (decided_at is null) and (decided_at is null) = (decided_quorum is null)),
  constraint approval_requests_initiator_key unique (id, initiator_id),
  constraint approval_requests_expiry_key unique (id, expires_at)
);
create unique index approval_requests_subject_key on approval_requests (subject_kind, subject_id) where status = 'pending';
create index approval_requests_due on approval_requests (expires_at, id) where status = 'pending';
create index approval_requests_opened on approval_requests (opened_at, id);
create trigger approval_requests_are_frozen before update on approval_requests for each row
  when ((old.subject_kind, old.subject_id, old.subject_digest, old.initiator_id, old.policy_version, old.rule_id, old.join_rule, old.veto,
      old.expires_at, old.opened_at, old.request_hash)
    is distinct from (new.subject_kind, new.subject_id, new.subject_digest, new.initiator_id, new.policy_version, new.rule_id, new.join_rule,
      new.veto, new.expires_at, new.opened_at, new.request_hash)
    or old.status <> 'pending')
  execute function refuse_change();

create table approval_groups (
  request_id text not null references approval_requests,
  n integer not null check (n between 0 and 5),
  name text not null check (length(name) between 1 and 64),
  threshold integer not null check (threshold > 0),
  primary key (request_id, n)
);
select make_append_only('approval_groups');

-- One row a person: the groups that the person is in are bits, so nobody is in the set twice. The initiator is not in it.
create table approval_eligibles (
  request_id text not null,
  approver_id text not null references approvers,
  groups integer not null check (groups between 1 and 63),
  initiator_id text not null,
  primary key (request_id, approver_id),
  constraint approval_eligibles_request_fkey foreign key (request_id, initiator_id) references approval_requests (id, initiator_id),
  constraint approval_eligibles_not_the_initiator check (approver_id <> initiator_id)
);
create index approval_eligibles_approver on approval_eligibles (approver_id, request_id);
select make_append_only('approval_eligibles');

create table approval_votes (
  request_id text not null,
  approver_id text not null,
  decision text not null check (decision in ('approve', 'reject')),
  -- Counts as long as the approver is still of it.
  approver_version bigint not null,
  -- What the approver saw: the digest that the request was opened with.
  digest text not null,
  reason text check (length(reason) <= 200),
  expires_at timestamptz not null,
  voted_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (request_id, approver_id),
  constraint approval_votes_eligible_fkey foreign key (request_id, approver_id) references approval_eligibles (request_id, approver_id),
  constraint approval_votes_request_fkey foreign key (request_id, expires_at) references approval_requests (id, expires_at),
  constraint approval_votes_before_expiry check (voted_at < expires_at)
);
select make_append_only('approval_votes');
