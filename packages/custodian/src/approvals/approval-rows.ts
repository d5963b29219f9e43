import { type Instant, queryBuilder } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { ApprovalRequest, GroupProgress, Vote } from './approvals.ts';

/** Requests with all that belongs to them, as of one snapshot. */
export const selectRequests = () =>
  queryBuilder<Tables>()
    .selectFrom('approval_requests as r')
    .select([
      'r.id',
      'r.subject_kind',
      'r.subject_id',
      'r.subject_digest',
      'r.initiator_id',
      'r.policy_version',
      'r.rule_id',
      'r.join_rule',
      'r.veto',
      'r.status',
      'r.reason',
      'r.opened_at',
      'r.expires_at',
      'r.decided_at',
      'r.version',
    ])
    .select([
      sql<GroupProgress[]>`coalesce(r.decided_quorum, approval_progress(r.id))`.as('groups'),
      sql<
        string[]
      >`array(select e.approver_id from approval_eligibles as e where e.request_id = r.id order by e.approver_id)`.as(
        'eligible',
      ),
      sql<
        Vote[]
      >`(select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('approverId', v.approver_id, 'decision', v.decision,
        'reason', v.reason, 'votedAt', instant_text(v.voted_at))) order by v.voted_at, v.approver_id), '[]')
        from approval_votes as v where v.request_id = r.id)`.as('votes'),
    ]);

export interface RequestRow {
  id: string;
  subject_kind: string;
  subject_id: string;
  subject_digest: string;
  initiator_id: string;
  policy_version: number | null;
  rule_id: string | null;
  join_rule: 'all' | 'any';
  veto: boolean;
  status: ApprovalRequest['status'];
  reason: string | null;
  opened_at: Instant;
  expires_at: Instant;
  decided_at: Instant | null;
  version: number;
  groups: GroupProgress[];
  eligible: string[];
  votes: Vote[];
}

export const toRequest = (row: RequestRow): ApprovalRequest => ({
  requestId: row.id,
  subject: { kind: row.subject_kind, id: row.subject_id, digest: row.subject_digest },
  initiatorId: row.initiator_id,
  ...(row.policy_version !== null && { policyVersion: row.policy_version }),
  ...(row.rule_id !== null && { ruleId: row.rule_id }),
  join: row.join_rule,
  veto: row.veto,
  groups: row.groups.map(({ name, threshold, approvals }) => ({ name, threshold, approvals })),
  eligible: row.eligible,
  votes: row.votes,
  status: row.status,
  ...(row.reason !== null && { reason: row.reason }),
  openedAt: row.opened_at,
  expiresAt: row.expires_at,
  ...(row.decided_at !== null && { decidedAt: row.decided_at }),
  version: row.version,
});
