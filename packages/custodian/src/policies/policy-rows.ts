import { type Decimal, type Instant, queryBuilder } from '@tse/core';
import { sql } from 'kysely';
import type { ApprovalTerms } from '../approvals/approval-terms.ts';
import type { Tables } from '../schema.ts';
import type { PolicyRule, PolicySet } from './policies.ts';

/** Terms and waits are kept in milliseconds beside the form they were given in. */
type StoredTerms = ApprovalTerms & { expiresAfterMs: number };

interface StoredRule extends Omit<PolicyRule, 'limit' | 'terms'> {
  limit: {
    per: NonNullable<PolicyRule['limit']>['per'] | null;
    amount: Decimal;
    windowMs: number | null;
    of: 'account';
  };
  terms: StoredTerms | null;
}

/** Sets with their rules and their request, as of one snapshot. */
export const selectPolicies = () =>
  queryBuilder<Tables>()
    .selectFrom('policy_sets as s')
    .select([
      's.id',
      's.version',
      's.status',
      's.initiator_id',
      's.whitelist_lock_ms',
      's.digest',
      's.proposed_at',
      's.published_at',
    ])
    .select([
      sql<StoredTerms>`s.change_terms`.as('change_terms'),
      sql<
        string | null
      >`(select r.id from approval_requests as r where r.subject_kind = 'policy-change' and r.subject_id = s.id)`.as(
        'request_id',
      ),
      sql<
        StoredRule[]
      >`(select coalesce(jsonb_agg(jsonb_build_object('ruleId', p.rule_id, 'action', p.action, 'kinds', to_jsonb(p.kinds),
        'assets', to_jsonb(p.assets), 'accountIds', to_jsonb(p.account_ids), 'requesterIds', to_jsonb(p.requester_ids),
        'destination', p.destination, 'minAmount', trim_scale(p.min_amount)::text, 'screening', p.screening, 'terms', p.terms,
        'limit', jsonb_build_object('per', p.limit_per, 'amount', trim_scale(p.limit_amount)::text, 'windowMs', p.limit_window_ms, 'of', p.limit_of))
        order by p.ord), '[]') from policy_rules as p where p.set_id = s.id)`.as('rules'),
    ]);

export interface PolicyRow {
  id: string;
  version: number | null;
  status: PolicySet['status'];
  initiator_id: string;
  whitelist_lock_ms: number;
  digest: string;
  proposed_at: Instant;
  published_at: Instant | null;
  change_terms: StoredTerms;
  request_id: string | null;
  rules: StoredRule[];
}

export const toPolicy = (row: PolicyRow): PolicySet => ({
  policyId: row.id,
  ...(row.version !== null && { version: row.version }),
  status: row.status,
  initiatorId: row.initiator_id,
  rules: row.rules.map(toRule),
  changeTerms: toTerms(row.change_terms),
  whitelistLock: durationOf(row.whitelist_lock_ms),
  digest: row.digest,
  ...(row.request_id !== null && { approvalRequestId: row.request_id }),
  proposedAt: row.proposed_at,
  ...(row.published_at !== null && { publishedAt: row.published_at }),
});

const toTerms = ({ join, veto, groups, expiresAfterMs }: StoredTerms): ApprovalTerms => ({
  join,
  veto,
  expiresAfter: durationOf(expiresAfterMs),
  groups,
});

function toRule({ limit, terms, ...rule }: StoredRule): PolicyRule {
  const given = Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== null)) as unknown as PolicyRule;
  return {
    ...given,
    ...(limit.per !== null && {
      limit: {
        per: limit.per,
        amount: limit.amount,
        ...(limit.windowMs !== null && { window: durationOf(limit.windowMs) }),
        of: limit.of,
      },
    }),
    ...(terms !== null && { terms: toTerms(terms) }),
  };
}

/** `PT48H` for 172 800 000: equal waits are equal texts. */
const durationOf = (millis: number): string => {
  const seconds = millis / 1000;
  if (seconds % 3600 === 0) return `PT${seconds / 3600}H`;
  return seconds % 60 === 0 ? `PT${seconds / 60}M` : `PT${seconds}S`;
};
