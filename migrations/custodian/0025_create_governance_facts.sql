-- What the reader role sees of decisions, transfers, wallets and reconciliation.

create view facts_approval_requests as
select id, subject_kind, subject_id, subject_digest, initiator_id, policy_version, rule_id, join_rule, veto, status::text, reason, opened_at,
  expires_at, decided_at, version, source, source_seq
from approval_requests;

create view facts_approval_groups as
select request_id, n, name, threshold from approval_groups;

-- Each vote with the groups that the approver is in, as bits.
create view facts_approval_votes as
select v.request_id, v.approver_id, v.decision, v.digest, v.voted_at, e.groups
from approval_votes as v
join approval_eligibles as e on e.request_id = v.request_id and e.approver_id = v.approver_id;

create view facts_approvers as
select id, status, version from approvers;

create view facts_policies as
select s.id, s.version, s.status::text, s.initiator_id, s.digest, s.published_at,
  (select r.id from approval_requests as r where r.subject_kind = 'policy-change' and r.subject_id = s.id) as approval_request_id
from policy_sets as s;

create view facts_policy_usage as
select transfer_id, rule_id, scope, asset, amount, used_at, returned_at from policy_usage;

create view facts_whitelist as
select id, asset, address, usable_from, status from whitelist_entries;

create view facts_compliance as
select id, kind, subject_kind, subject_id, decision, policy_version, rule_id, reason, actor, occurred_at from compliance_records;

create view facts_transfers as
select t.id, t.requester_id, t.kind::text, t.from_account_id, t.to_account_id, t.asset::text, t.amount, t.status::text, t.digest, t.policy_version,
  t.rule_id, t.approval_request_id, t.version, t.requested_at, t.closed_at, t.source, t.source_seq,
  own.venue, own.client_account_id,
  -- The last event that tells of it.
  o.publish_seq
from transfers as t
join custody_accounts as own on own.id = case t.kind when 'deposit' then t.to_account_id else t.from_account_id end
left join outbox as o on o.aggregate = 'transfer' and o.aggregate_id = t.id and o.aggregate_version = t.version;

create view facts_transfer_events as
select transfer_id, version, from_status, status::text, effect, occurred_at from transfer_events;

create view facts_wallets as
select id, next_nonce, signer_version, version from wallets;

create view facts_multisig_transactions as
select id, wallet_id, nonce, kind, status, transfer_id, version from multisig_transactions;

create view facts_reconciliation_runs as
select id, kind, source, rule_version, from_at, cutoff, dry_run, status, lines, entries, matched, grouped, differences from reconciliation_runs;

create view facts_matches as
select m.id, m.run_id, m.source, m.rule, m.difference, m.dissolved_at, i.line_id, i.tx_id, i.n, i.live
from matches as m join match_items as i on i.match_id = m.id;

create view facts_breaks as
select id, break_key, run_kind, source, kind::text, account_id, asset, line_id, tx_id, n, ours, theirs, difference, state, seen_count, last_run_id, version
from breaks;
