import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  assetInput,
  idInput,
  instantInput,
  pageFields,
  positiveAmount,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import {
  type FundsEffect,
  type TransferKind,
  type TransferStatus,
  transferKinds,
  transferStatuses,
} from './transfer-states.ts';

/** A movement of funds in, out, or between two custody accounts, from its request to its end. */
export interface Transfer {
  transferId: string;
  requesterId: string;
  idempotencyKey: string;
  kind: TransferKind;
  fromAccountId: string;
  toAccountId: string;
  asset: string;
  amount: Decimal;
  /** Outside: where it goes to or comes from. */
  address?: string;
  status: TransferStatus;
  reason?: string;
  /** What its approvers vote on. */
  digest: string;
  /** The policy and the rule that decided on it; none matched where they are missing. */
  policyVersion?: number;
  ruleId?: string;
  approvalRequestId?: string;
  transactionHash?: string;
  requestedAt: Instant;
  closedAt?: Instant;
  version: number;
}

/** One transition and what it did with the funds. */
export interface TransferEvent {
  version: number;
  from: TransferStatus | 'new';
  status: TransferStatus;
  effect: FundsEffect;
  reason?: string;
  actor?: string;
  occurredAt: Instant;
}

/**
 * A deposit comes from an external account, a withdrawal goes to one. The same `idempotencyKey` of the same requester with the same content
 * answers the first transfer; with other content it is a conflict.
 */
export const requestTransfer = z
  .strictObject({
    transferId: idInput.optional(),
    requesterId: idInput,
    idempotencyKey: idInput,
    kind: z.enum(transferKinds),
    fromAccountId: idInput,
    toAccountId: idInput,
    asset: assetInput,
    amount: positiveAmount,
    address: textInput(128).optional(),
  })
  .refine(({ fromAccountId, toAccountId }) => fromAccountId !== toAccountId, {
    message: 'expected another account',
    path: ['toAccountId'],
  })
  .refine(({ kind, address }) => kind !== 'internal' || address === undefined, {
    message: 'an internal transfer has no address',
    path: ['address'],
  });
export type RequestTransfer = z.input<typeof requestTransfer>;

/** With `version` a change is refused if the transfer was changed since. */
const changed = { transferId: idInput, version: z.int().positive().optional(), reason: textInput(200).optional() };
export const changeTransfer = z.strictObject(changed);
export type ChangeTransfer = z.input<typeof changeTransfer>;
export const failTransfer = z.strictObject({ ...changed, reason: textInput(200) });
export type FailTransfer = z.input<typeof failTransfer>;
export const broadcastTransfer = z.strictObject({ ...changed, transactionHash: textInput(128).optional() });
export type BroadcastTransfer = z.input<typeof broadcastTransfer>;
export const screenTransfer = z.strictObject({
  transferId: idInput,
  passed: z.boolean(),
  reason: textInput(200).optional(),
});
export type ScreenTransfer = z.input<typeof screenTransfer>;

/** Oldest first. `accountId` is on either side. */
export const listTransfers = z.strictObject({
  accountId: idInput.optional(),
  kind: z.enum(transferKinds).optional(),
  status: z.array(z.enum(transferStatuses)).min(1).max(13).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListTransfers = z.input<typeof listTransfers>;

/** Codes with which transfers refuse. */
export type TransferRefusal =
  | 'unknown-transfer'
  | 'unknown-account'
  | 'unknown-approver'
  | 'id-conflict'
  | 'not-a-holder'
  | 'not-external'
  | 'account-closed'
  | 'account-suspended'
  | 'insufficient-holdings'
  | 'out-of-range'
  | 'quorum-unreachable'
  | 'stale-version'
  | 'illegal-transition'
  | 'not-signed'
  | 'not-in-screening';

/**
 * Transfers under the policy in force. Asking for one reserves the funds at once, decides which rule it is under and takes what that rule counts;
 * a refusal or an expiry gives both back, completion captures. One statement each, and what every transition does with the funds is one
 * table (`transferEffects`). A change that was made before answers the transfer as it is. Errors are `not-found` or `conflict` with a
 * `TransferRefusal` as code.
 */
export interface Transfers {
  /** Answers it `blocked`, `screening`, `pending-approval` or `queued`. */
  request(input: RequestTransfer, options?: CallOptions): Promise<Transfer>;
  /** What a screening found: on to its approval or the queue, or blocked. */
  screen(input: ScreenTransfer, options?: CallOptions): Promise<Transfer>;
  /** From the queue to the signers of a wallet. */
  requestSignatures(input: ChangeTransfer, options?: CallOptions): Promise<Transfer>;
  /** It is out. Where a wallet has a transaction for it, that one must be executed. */
  broadcast(input: BroadcastTransfer, options?: CallOptions): Promise<Transfer>;
  /** It was seen outside, and is not final yet. */
  confirm(input: ChangeTransfer, options?: CallOptions): Promise<Transfer>;
  /** Captures: the funds move. */
  complete(input: ChangeTransfer, options?: CallOptions): Promise<Transfer>;
  /** Ends a transfer that the chain or bank refused, and gives back what it reserved. Refused with `illegal-transition`. */
  fail(input: FailTransfer, options?: CallOptions): Promise<Transfer>;
  /** Before it is out it is `cancelled` at once, with its approval; after that only asked for: `cancelling`. */
  cancel(input: ChangeTransfer, options?: CallOptions): Promise<Transfer>;
  /** The cancel that was asked for took place outside. */
  confirmCancel(input: ChangeTransfer, options?: CallOptions): Promise<Transfer>;
  /** Nothing where there is none. */
  find(transferId: string, options?: CallOptions): Promise<Transfer | undefined>;
  /** Refused as `not-found` where there is none. */
  get(transferId: string, options?: CallOptions): Promise<Transfer>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListTransfers, options?: CallOptions): Listing<Transfer>;
  /** Oldest first. */
  listEvents(transferId: string, options?: CallOptions): Promise<TransferEvent[]>;
}
