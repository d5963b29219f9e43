import { type CallOptions, type Instant, type Listing, idInput, instantInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';
import { type ApprovalStatus, approvalStatuses } from './approval-states.ts';
import { approvalTerms } from './approval-terms.ts';

/** What is voted on: the digest says what it was when it was asked for. */
export interface ApprovalSubject {
  kind: string;
  id: string;
  digest: string;
}

/** How far a group is from its threshold. */
export interface GroupProgress {
  name: string;
  threshold: number;
  /** Approvals that count: of persons who are active, and were when they voted. Whoever is in two groups shows in both. */
  approvals: number;
}

/** One approver's vote; it is never changed. */
export interface Vote {
  approverId: string;
  decision: 'approve' | 'reject';
  reason?: string;
  votedAt: Instant;
}

/** Frozen when it is opened: subject, rule, groups, thresholds and who may vote. Only votes and its end are added. */
export interface ApprovalRequest {
  requestId: string;
  subject: ApprovalSubject;
  initiatorId: string;
  /** The policy and the rule that ask for it, where one does. */
  policyVersion?: number;
  ruleId?: string;
  join: 'all' | 'any';
  veto: boolean;
  groups: GroupProgress[];
  /** Who may vote: the members of the groups without the initiator. */
  eligible: string[];
  votes: Vote[];
  status: ApprovalStatus;
  reason?: string;
  openedAt: Instant;
  expiresAt: Instant;
  decidedAt?: Instant;
  version: number;
}

/** A person who may vote. */
export interface Approver {
  approverId: string;
  status: 'active' | 'removed';
  registeredAt: Instant;
  version: number;
}

const subjectKind = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected a kebab-case word')
  .refine(
    (kind) => kind !== 'transfer' && kind !== 'policy-change',
    'transfers and changes of policy ask by themselves',
  );

/**
 * Asks for an approval of something of the caller's own. The same `requestId` with the same content answers the request that stands. A
 * pending request of the same subject with another digest is superseded: its votes were for something else.
 */
export const requestApproval = z.strictObject({
  requestId: idInput,
  subject: z.strictObject({ kind: subjectKind, id: idInput, digest: textInput(128) }),
  initiatorId: idInput,
  terms: approvalTerms,
});
export type RequestApproval = z.input<typeof requestApproval>;

/** `digest` is what the approver saw: the vote is refused where the request is about something else. */
export const castVote = z.strictObject({
  requestId: idInput,
  approverId: idInput,
  decision: z.enum(['approve', 'reject']),
  digest: textInput(128),
  reason: textInput(200).optional(),
});
export type CastVote = z.input<typeof castVote>;

export const cancelApproval = z.strictObject({
  requestId: idInput,
  initiatorId: idInput,
  reason: textInput(200).optional(),
});
export type CancelApproval = z.input<typeof cancelApproval>;

/** Oldest first. `approverId`: those that this person may vote on. */
export const listApprovals = z.strictObject({
  status: z.enum(approvalStatuses).optional(),
  subjectKind: textInput(64).optional(),
  approverId: idInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListApprovals = z.input<typeof listApprovals>;

export const changeApprover = z.strictObject({ approverId: idInput, reason: textInput(200).optional() });
export type ChangeApprover = z.input<typeof changeApprover>;

/** In the order of their ids. */
export const listApprovers = z.strictObject({
  status: z.enum(['active', 'removed']).optional(),
  ...pageFields(idInput),
});
export type ListApprovers = z.input<typeof listApprovers>;

/** Codes with which approvals refuse. */
export type ApprovalRefusal =
  | 'unknown-request'
  | 'unknown-approver'
  | 'id-conflict'
  | 'already-requested'
  | 'quorum-unreachable'
  | 'already-voted'
  | 'request-decided'
  | 'request-expired'
  | 'subject-changed'
  | 'self-approval'
  | 'not-eligible'
  | 'approver-removed'
  | 'not-the-initiator'
  | 'not-cancelable';

/**
 * Requests that people vote on, each once, never on what they asked for themselves. The rule is that of the moment of asking; whether an
 * approver is still active is looked at with each vote. They expire in business time by the worker `expire-approvals`, and no vote is
 * taken from that moment on. Errors are `not-found` or `conflict` with an `ApprovalRefusal` as code.
 */
export interface Approvals {
  /**
   * Asks the groups for their votes on a subject. Refused with `quorum-unreachable` where they hold too few, with `already-requested`
   * where it is open.
   */
  request(input: RequestApproval, options?: CallOptions): Promise<ApprovalRequest>;
  /** The same vote again answers the request as it is; another one is a conflict. */
  vote(input: CastVote, options?: CallOptions): Promise<ApprovalRequest>;
  /** By the initiator; the request of a transfer ends with the transfer. */
  cancel(input: CancelApproval, options?: CallOptions): Promise<ApprovalRequest>;
  /** Nothing where there is none. */
  find(requestId: string, options?: CallOptions): Promise<ApprovalRequest | undefined>;
  /** Refused as `not-found` where there is none. */
  get(requestId: string, options?: CallOptions): Promise<ApprovalRequest>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListApprovals, options?: CallOptions): Listing<ApprovalRequest>;
  /** Makes a person known; one who was removed is not brought back by it. */
  registerApprover(input: ChangeApprover, options?: CallOptions): Promise<Approver>;
  /** From now on none of this person's votes counts, in pending requests too. */
  removeApprover(input: ChangeApprover, options?: CallOptions): Promise<Approver>;
  /** May vote again; what was voted before the removal stays void. */
  restoreApprover(input: ChangeApprover, options?: CallOptions): Promise<Approver>;
  /** A page when awaited; all of them by `for await`. */
  listApprovers(input?: ListApprovers, options?: CallOptions): Listing<Approver>;
}
