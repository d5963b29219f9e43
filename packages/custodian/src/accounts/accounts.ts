import { type CallOptions, type Instant, type Listing, idInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';
import { type AccountKind, type AccountStatus, accountKinds, accountStatuses, parentKinds } from './account-states.ts';

/** Whose account at which venue a custody account stands for. */
export interface Client {
  venue: string;
  /** The account at the venue. */
  accountId: string;
}

/** An account in custody. */
export interface CustodyAccount {
  accountId: string;
  kind: AccountKind;
  parentId?: string;
  client?: Client;
  ownerId: string;
  status: AccountStatus;
  openedAt: Instant;
  version: number;
}

/** A customer of a venue: whose trades settle on the account. */
export const clientRef = z.strictObject({ venue: idInput, accountId: idInput });

/**
 * A tree: masters at the top; below them omnibus accounts, the house's own and clients' (`segregated`); below an omnibus account only
 * clients'. The same `accountId` with the same content answers the account that stands; with other content it is a conflict.
 */
export const openAccount = z
  .strictObject({
    accountId: idInput.optional(),
    kind: z.enum(accountKinds),
    parentId: idInput.optional(),
    client: clientRef.optional(),
    ownerId: textInput(64),
  })
  .refine(({ kind, parentId }) => parentId !== undefined || parentKinds[kind].includes(undefined), {
    message: 'expected the account that this one stands below',
    path: ['parentId'],
  })
  .refine(({ kind, parentId }) => parentId === undefined || parentKinds[kind].some((parent) => parent !== undefined), {
    message: 'an account of this kind stands at the top',
    path: ['parentId'],
  })
  .refine(({ kind, client }) => client === undefined || kind === 'segregated' || kind === 'house', {
    message: 'only segregated and house accounts stand for an account at a venue',
    path: ['client'],
  });
export type OpenAccount = z.input<typeof openAccount>;

/** With `version` a change is refused if the account was changed since. */
export const changeAccountStatus = z.strictObject({
  accountId: idInput,
  status: z.enum(accountStatuses),
  version: z.int().positive().optional(),
  reason: textInput(200).optional(),
});
export type ChangeAccountStatus = z.input<typeof changeAccountStatus>;

/** In the order of their ids; with `parentId` those right below it. */
export const listAccounts = z.strictObject({
  kind: z.enum(accountKinds).optional(),
  parentId: idInput.optional(),
  ownerId: textInput(64).optional(),
  venue: idInput.optional(),
  status: z.enum(accountStatuses).optional(),
  ...pageFields(idInput),
});
export type ListAccounts = z.input<typeof listAccounts>;

/** One change of an account: what it became, and by whom. */
export interface AccountEvent {
  version: number;
  type: 'opened' | 'changed';
  status: AccountStatus;
  reason?: string;
  actor?: string;
  occurredAt: Instant;
}

/** Codes with which accounts refuse. */
export type AccountRefusal =
  | 'unknown-account'
  | 'unknown-parent'
  | 'id-conflict'
  | 'client-conflict'
  | 'parent-closed'
  | 'wrong-parent'
  | 'stale-version'
  | 'illegal-transition'
  | 'account-not-empty';

/** The custody accounts. Errors are `not-found` or `conflict` with an `AccountRefusal` as code. */
export interface Accounts {
  /** Opens an account below its parent. Refused with `wrong-parent`, `parent-closed`, `client-conflict` where the client has another. */
  open(input: OpenAccount, options?: CallOptions): Promise<CustodyAccount>;
  /** Nothing where there is none. */
  find(accountId: string, options?: CallOptions): Promise<CustodyAccount | undefined>;
  /** Refused as `not-found` where there is none. */
  get(accountId: string, options?: CallOptions): Promise<CustodyAccount>;
  /** The custody account of an account at a venue. */
  findByClient(client: Client, options?: CallOptions): Promise<CustodyAccount | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListAccounts, options?: CallOptions): Listing<CustodyAccount>;
  /** A suspended account receives but delivers nothing. Closing is final and needs holdings of zero and nothing open below. */
  changeStatus(input: ChangeAccountStatus, options?: CallOptions): Promise<CustodyAccount>;
  /** Oldest first. */
  listEvents(accountId: string, options?: CallOptions): Promise<AccountEvent[]>;
}
