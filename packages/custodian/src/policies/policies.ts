import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  assetInput,
  idInput,
  nonNegativeAmount,
  pageFields,
  positiveAmount,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type ApprovalTerms, approvalTerms, waitInput } from '../approvals/approval-terms.ts';
import { type TransferKind, transferKinds } from '../transfers/transfer-states.ts';
import { type PolicyStatus, policyStatuses } from './policy-states.ts';

const YEAR_MS = 366 * 86_400_000;

const some = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .min(1)
    .max(200)
    .refine((items) => new Set(items).size === items.length, 'expected each once')
    .optional();

/**
 * What a rule lets through at most, of each asset: in one `transfer`, in any `window` of that length that ends now, or in a `lifetime`. Counted
 * together are the transfers of an account, of a requester, or all of them. A transfer that would go beyond is not the rule's.
 */
const ruleLimit = z
  .strictObject({
    per: z.enum(['transfer', 'window', 'lifetime']),
    amount: nonNegativeAmount,
    window: waitInput(1000, YEAR_MS, 'expected one second to 366 days').optional(),
    of: z.enum(['account', 'requester', 'all']).default('account'),
  })
  .refine(({ per, window }) => (per === 'window') === (window !== undefined), {
    message: 'a window has a length, and nothing else has',
    path: ['window'],
  });

/** What is left out matches all. `ruleId` stays from set to set: what was used of its limit stays with it. */
export const policyRule = z
  .strictObject({
    ruleId: idInput,
    action: z.enum(['allow', 'approve', 'block']),
    kinds: some(z.enum(transferKinds)),
    assets: some(assetInput),
    /** Whose transfers: the client's account, not the other side. */
    accountIds: some(idInput),
    requesterIds: some(idInput),
    /** `internal`: between custody accounts. `whitelisted`: to an address that is on the whitelist and may be used. */
    destination: z.enum(['any', 'internal', 'whitelisted']).default('any'),
    minAmount: nonNegativeAmount.optional(),
    limit: ruleLimit.optional(),
    /** A transfer waits for `transfers.screen` before it goes on. */
    screening: z.boolean().default(false),
    terms: approvalTerms.optional(),
  })
  .refine(({ action, terms }) => (action === 'approve') === (terms !== undefined), {
    message: 'a rule that asks for an approval says on which terms, and no other one does',
    path: ['terms'],
  });

/**
 * A whole set of rules, in order: the first that matches decides, and a transfer that none matches is blocked. The first set of all is in
 * force at once. Each later one needs an approval on the `changeTerms` of the set in force. The same `policyId` with the same content
 * answers the set that stands.
 */
export const proposePolicy = z.strictObject({
  policyId: idInput,
  initiatorId: idInput,
  rules: z
    .array(policyRule)
    .max(200)
    .refine((rules) => new Set(rules.map(({ ruleId }) => ruleId)).size === rules.length, 'expected each ruleId once'),
  /** Who has to approve the set that takes this one's place. */
  changeTerms: approvalTerms,
  /** How long a new address waits before it may be used: two days by default. */
  whitelistLock: waitInput(0, YEAR_MS, 'expected at most 366 days').default('PT48H'),
});
export type ProposePolicy = z.input<typeof proposePolicy>;

/** One rule of a policy set; the first that matches decides. */
export interface PolicyRule {
  ruleId: string;
  action: 'allow' | 'approve' | 'block';
  kinds?: TransferKind[];
  assets?: string[];
  accountIds?: string[];
  requesterIds?: string[];
  destination: 'any' | 'internal' | 'whitelisted';
  minAmount?: Decimal;
  limit?: {
    per: 'transfer' | 'window' | 'lifetime';
    amount: Decimal;
    window?: string;
    of: 'account' | 'requester' | 'all';
  };
  screening: boolean;
  terms?: ApprovalTerms;
}

/** What it says never changes. */
export interface PolicySet {
  policyId: string;
  /** Dense, given when it is published. */
  version?: number;
  status: PolicyStatus;
  initiatorId: string;
  rules: PolicyRule[];
  changeTerms: ApprovalTerms;
  whitelistLock: string;
  /** What approvers of the set vote on. */
  digest: string;
  /** The request that it waits or waited for. */
  approvalRequestId?: string;
  proposedAt: Instant;
  publishedAt?: Instant;
}

/** In the order of their ids. */
export const listPolicies = z.strictObject({ status: z.enum(policyStatuses).optional(), ...pageFields(idInput) });
export type ListPolicies = z.input<typeof listPolicies>;

/** A transfer that nobody has asked for. */
export const evaluatePolicy = z.strictObject({
  kind: z.enum(transferKinds),
  /** Whose it is. */
  accountId: idInput,
  requesterId: idInput,
  asset: assetInput,
  amount: positiveAmount,
  address: textInput(128).optional(),
});
export type EvaluatePolicy = z.input<typeof evaluatePolicy>;

/** What the policies say of a transfer, and by which rule. */
export interface PolicyDecision {
  /** `block` where no rule matches, too. */
  action: 'allow' | 'approve' | 'block';
  policyVersion?: number;
  ruleId?: string;
  /** Of the rule's limit, before this transfer. */
  used?: Decimal;
}

/** The same `entryId` with the same content answers the entry that stands. */
export const listAddress = z.strictObject({
  entryId: idInput,
  asset: assetInput,
  address: textInput(128),
  label: textInput(200).optional(),
});
export type ListAddress = z.input<typeof listAddress>;
export const revokeAddress = z.strictObject({ entryId: idInput, reason: textInput(200).optional() });
export type RevokeAddress = z.input<typeof revokeAddress>;
/** In the order of their ids. */
export const listAddresses = z.strictObject({
  asset: assetInput.optional(),
  status: z.enum(['listed', 'revoked']).optional(),
  ...pageFields(idInput),
});
export type ListAddresses = z.input<typeof listAddresses>;

/** A destination that is listed. */
export interface WhitelistEntry {
  entryId: string;
  asset: string;
  address: string;
  label?: string;
  /** Rules that want a listed destination match from then on. */
  usableFrom: Instant;
  status: 'listed' | 'revoked';
  addedAt: Instant;
  revokedAt?: Instant;
}

export const complianceKinds = [
  'policy-decision',
  'policy-change',
  'approval-decision',
  'approver-change',
  'whitelist-change',
  'screening',
  'signer-change',
] as const;
/** What a record of compliance is of. */
export type ComplianceKind = (typeof complianceKinds)[number];

/** In the order in which they were written. */
export const listCompliance = z.strictObject({
  kind: z.enum(complianceKinds).optional(),
  subjectKind: textInput(64).optional(),
  subjectId: textInput(64).optional(),
  ...pageFields(z.int().nonnegative()),
});
export type ListCompliance = z.input<typeof listCompliance>;

/** Written with what it tells of, and never changed. */
export interface ComplianceRecord {
  recordId: number;
  kind: ComplianceKind;
  subjectKind: string;
  subjectId: string;
  decision: string;
  policyVersion?: number;
  ruleId?: string;
  reason?: string;
  details: Record<string, unknown>;
  actor?: string;
  correlationId?: string;
  occurredAt: Instant;
}

/** Codes with which policies refuse. */
export type PolicyRefusal =
  | 'unknown-policy'
  | 'unknown-approver'
  | 'unknown-address'
  | 'id-conflict'
  | 'change-pending'
  | 'quorum-unreachable'
  | 'already-listed';

/**
 * Which transfers are allowed, which need an approval and by whom, and which are blocked. Rules are matched where the transfer is asked for, and
 * what they count is taken in the same transaction. Errors are `not-found` or `conflict` with a `PolicyRefusal` as code.
 */
export interface Policies {
  /**
   * Proposes the next policy set, in force when those who may change policies approve. Refused with `change-pending` while one is
   * proposed.
   */
  propose(input: ProposePolicy, options?: CallOptions): Promise<PolicySet>;
  /** The set in force. */
  findPublished(options?: CallOptions): Promise<PolicySet | undefined>;
  /** Nothing where there is none. */
  find(policyId: string, options?: CallOptions): Promise<PolicySet | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListPolicies, options?: CallOptions): Listing<PolicySet>;
  /** What the set in force would say now; takes nothing of any limit. */
  evaluate(input: EvaluatePolicy, options?: CallOptions): Promise<PolicyDecision>;
  /** Puts a destination on the whitelist, usable after the quarantine of the terms. Refused with `already-listed`. */
  listAddress(input: ListAddress, options?: CallOptions): Promise<WhitelistEntry>;
  /** Takes a destination from the whitelist at once. Refused with `unknown-address`. */
  revokeAddress(input: RevokeAddress, options?: CallOptions): Promise<WhitelistEntry>;
  /** A page when awaited; all of them by `for await`. */
  listAddresses(input?: ListAddresses, options?: CallOptions): Listing<WhitelistEntry>;
  /** A page when awaited; all of them by `for await`. */
  listCompliance(input?: ListCompliance, options?: CallOptions): Listing<ComplianceRecord>;
}
