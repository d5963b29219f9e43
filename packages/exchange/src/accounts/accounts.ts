import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  assetInput,
  idInput,
  jsonObjectInput,
  nonNegativeAmount,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type AccountRef, accountFields } from './account-ref.ts';
import { accountKinds, accountStatuses, accountTypes, kycStatuses } from './account-states.ts';
import type { AccountKind, AccountStatus, AccountType, KycStatus } from './account-states.ts';

/** An account, or a sub-account. */
export interface Account {
  accountId: string;
  /** The account this is a sub-account of. */
  parentId?: string;
  ownerId: string;
  kind: AccountKind;
  type: AccountType;
  status: AccountStatus;
  kycStatus: KycStatus;
  /** The tier of the fee schedules that its orders are placed under. */
  feeTier: string;
  /** Whether its orders need a passed risk check. */
  checkRequired: boolean;
  metadata: Record<string, unknown>;
  openedAt: Instant;
  version: number;
}

/** Small; kept as it is and never looked into. */
const metadata = jsonObjectInput(4096);

/** The same `accountId` with the same content answers the account that stands; with other content it is a conflict. */
export const openAccount = z
  .strictObject({
    accountId: idInput.optional(),
    parentId: idInput.optional(),
    ownerId: textInput(64),
    kind: z.enum(accountKinds).default('customer'),
    type: z.enum(accountTypes).default('spot'),
    feeTier: textInput(64).default('standard'),
    checkRequired: z.boolean().default(false),
    metadata: metadata.default({}),
  })
  .refine(({ accountId, parentId }) => parentId === undefined || parentId !== accountId, {
    message: 'expected another account',
    path: ['parentId'],
  })
  .refine(({ parentId, kind }) => parentId === undefined || kind === 'customer', {
    message: 'a sub-account is a customer',
    path: ['kind'],
  });
export type OpenAccount = z.input<typeof openAccount>;

/** With `version` a change is refused if the account was changed since. */
const changed = { ...accountFields, version: z.int().positive().optional(), reason: textInput(200).optional() };
export const changeAccountStatus = z.strictObject({ ...changed, status: z.enum(accountStatuses) });
export type ChangeAccountStatus = z.input<typeof changeAccountStatus>;
export const decideKyc = z.strictObject({ ...changed, kycStatus: z.enum(kycStatuses) });
export type DecideKyc = z.input<typeof decideKyc>;
/** What is left out stays as it is. */
export const configureAccount = z.strictObject({
  ...changed,
  feeTier: textInput(64).optional(),
  checkRequired: z.boolean().optional(),
  metadata: metadata.optional(),
});
export type ConfigureAccount = z.input<typeof configureAccount>;
export const setOverdraft = z.strictObject({
  ...accountFields,
  asset: assetInput,
  overdraft: nonNegativeAmount,
  reason: textInput(200).optional(),
});
export type SetOverdraft = z.input<typeof setOverdraft>;

/** Accounts at the top; with `parentId` the sub-accounts of that one. In the order of their ids. */
export const listAccounts = z.strictObject({
  parentId: idInput.optional(),
  ownerId: textInput(64).optional(),
  kind: z.enum(accountKinds).optional(),
  type: z.enum(accountTypes).optional(),
  status: z.enum(accountStatuses).optional(),
  kycStatus: z.enum(kycStatuses).optional(),
  ...pageFields(idInput),
});
export type ListAccounts = z.input<typeof listAccounts>;

/** One change of an account: what it became, and by whom. */
export interface AccountEvent {
  version: number;
  type: 'opened' | 'changed' | 'overdraft-changed';
  status: AccountStatus;
  kycStatus: KycStatus;
  changes: Record<string, unknown>;
  reason?: string;
  actor?: string;
  occurredAt: Instant;
}

/** Codes with which accounts refuse. */
export type AccountRefusal =
  | 'unknown-account'
  | 'unknown-parent'
  | 'unknown-asset'
  | 'id-conflict'
  | 'parent-closed'
  | 'stale-version'
  | 'illegal-transition'
  | 'account-closed'
  | 'account-not-empty'
  | 'not-a-customer'
  | 'too-many-digits'
  | 'out-of-range'
  | 'overdraft-in-use';

/** The accounts of the exchange and their sub-accounts. Errors are `not-found` or `conflict` with an `AccountRefusal` as code. */
export interface Accounts {
  /** Opens an account. Refused with `unknown-parent`, `parent-closed`; `id-conflict` where the id has other content. */
  open(input: OpenAccount, options?: CallOptions): Promise<Account>;
  /** Nothing where there is none. */
  find(account: AccountRef, options?: CallOptions): Promise<Account | undefined>;
  /** Refused as `not-found` where there is none. */
  get(account: AccountRef, options?: CallOptions): Promise<Account>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListAccounts, options?: CallOptions): Listing<Account>;
  /** Active and suspended go to and fro; closing is final and needs balances of zero, no working order, no open sub-account. */
  changeStatus(input: ChangeAccountStatus, options?: CallOptions): Promise<Account>;
  /** Says whether the owner is known. Refused with `illegal-transition`, `stale-version`. */
  decideKyc(input: DecideKyc, options?: CallOptions): Promise<Account>;
  /** Changes fee tier, need of a risk check, or metadata. Refused with `stale-version` where it was changed since. */
  configure(input: ConfigureAccount, options?: CallOptions): Promise<Account>;
  /** How far below zero the balance of an asset may go, down to what is in use already. Answers the amount set. */
  setOverdraft(input: SetOverdraft, options?: CallOptions): Promise<Decimal>;
  /** Oldest first. */
  listEvents(account: AccountRef, options?: CallOptions): Promise<AccountEvent[]>;
}
