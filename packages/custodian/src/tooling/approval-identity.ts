import { type Facts, type Verified, verifyIdentity } from '@tse/core/admin';

/** Votes that approve of a request `r`, in groups by the bits of `mask`. */
const approving = (mask: string) =>
  `(select count(*) from facts_approval_votes as v where v.request_id = r.id and v.decision = 'approve' and v.groups & ${mask} <> 0)`;

const checks = [
  // What is approved had its quorum under the rule that was frozen with it, each person counting in one group at most (see `quorum.ts`).
  `select case when r.status = 'approved' and case r.join_rule
        when 'any' then not exists (
          select from facts_approval_groups as g where g.request_id = r.id and ${approving('(1 << g.n)')} >= g.threshold)
        else exists (
          select from generate_series(1, (1 << (select count(*)::integer from facts_approval_groups as g where g.request_id = r.id)) - 1) as s (mask)
          where (select sum(g.threshold) from facts_approval_groups as g where g.request_id = r.id and s.mask & (1 << g.n) <> 0)
            > ${approving('s.mask')}) end
      then format('request %s: approved without its quorum', r.id) end as difference
    from facts_approval_requests as r`,
  // No vote after expiry or after the decision, none by the initiator, none of something else.
  `select case
        when v.voted_at >= r.expires_at then format('request %s: %s voted after it expired', r.id, v.approver_id)
        when v.voted_at > r.decided_at then format('request %s: %s voted after it was decided', r.id, v.approver_id)
        when v.approver_id = r.initiator_id then format('request %s: %s voted on his own', r.id, v.approver_id)
        when v.digest <> r.subject_digest then format('request %s: %s voted on something else', r.id, v.approver_id)
      end as difference
    from facts_approval_votes as v join facts_approval_requests as r on r.id = v.request_id`,
  // What went on although it had to ask was approved, as it is, under the policy of its day.
  `select case when t.approval_request_id is not null
        and t.status in ('queued', 'pending-signature', 'broadcasting', 'confirming', 'completed', 'cancelling', 'failed')
        and (r.status is distinct from 'approved' or r.subject_digest <> t.digest or r.policy_version is distinct from t.policy_version)
      then format('transfer %s: %s, its request %s', t.id, t.status, coalesce(r.status, 'missing')) end as difference
    from facts_transfers as t left join facts_approval_requests as r on r.id = t.approval_request_id`,
  `select case when p.version > 1 and (r.status is distinct from 'approved' or r.subject_digest <> p.digest)
      then format('policy %s: in force without an approval', p.id) end as difference
    from facts_policies as p left join facts_approval_requests as r on r.id = p.approval_request_id`,
];

/** Identity "approval": nothing that needed people's approval went on without it. */
export const verifyApprovals = (facts: Facts): Promise<Verified> =>
  verifyIdentity(facts, { name: 'approval', what: 'requests, votes, transfers, policies', checks });
