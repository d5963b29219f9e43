import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  anyAmount,
  assetInput,
  idInput,
  instantInput,
  pageFields,
  positiveAmount,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { accountFields } from '../accounts/account-ref.ts';

export const transactionKinds = ['trade', 'deposit', 'withdrawal', 'transfer', 'adjustment', 'reversal'] as const;
/** What was booked. */
export type TransactionKind = (typeof transactionKinds)[number];

/** One signed line of a transaction; the lines of an asset sum to zero. */
export interface Entry {
  accountId: string;
  asset: string;
  amount: Decimal;
  /** The customer's posted balance after it; house, fee and external accounts run none. */
  balanceAfter?: Decimal;
}

/** Entries that were booked together; they sum to zero for each asset. */
export interface Transaction {
  /** Kind and reference: `deposit:transfer-17`. */
  transactionId: string;
  kind: TransactionKind;
  /** What it books, unique within its kind: a transfer, a trade, a ticket. */
  reference: string;
  effectiveAt: Instant;
  recordedAt: Instant;
  /** The transaction this one reverts. */
  reverts?: string;
  reason?: string;
  entries: Entry[];
}

/** The account that stands for the outside world; every schema has it. */
export const EXTERNAL_ACCOUNT = 'external';

const booking = {
  /** The id with which a lost booking is repeated: the first one is answered. */
  reference: idInput,
  asset: assetInput,
  amount: positiveAmount,
  /** When it takes effect; the adapter's clock where left out. */
  at: instantInput.optional(),
};

export const deposit = z.strictObject({
  ...booking,
  ...accountFields,
  externalAccountId: idInput.default(EXTERNAL_ACCOUNT),
});
export type Deposit = z.input<typeof deposit>;

/** With `holdId` the funds come out of that hold, and what it holds beyond them is given back. */
export const withdraw = z.strictObject({
  ...booking,
  ...accountFields,
  externalAccountId: idInput.default(EXTERNAL_ACCOUNT),
  holdId: textInput(96).optional(),
});
export type Withdraw = z.input<typeof withdraw>;

export const transfer = z
  .strictObject({ ...booking, from: z.strictObject(accountFields), to: z.strictObject(accountFields) })
  .refine(({ from, to }) => from.accountId !== to.accountId, {
    message: 'expected another account',
    path: ['to', 'accountId'],
  });
export type Transfer = z.input<typeof transfer>;

const lineAmount = anyAmount.refine((amount) => amount !== '0', 'expected an amount other than zero');
/** Any lines that sum to zero for each asset. */
export const adjust = z.strictObject({
  reference: idInput,
  entries: z
    .array(z.strictObject({ ...accountFields, asset: assetInput, amount: lineAmount }))
    .min(2)
    .max(100),
  reason: textInput(200),
  at: instantInput.optional(),
});
export type Adjust = z.input<typeof adjust>;

/** Books the opposite of a deposit, withdrawal, transfer or adjustment, once. */
export const revert = z.strictObject({
  transactionId: textInput(96),
  reference: idInput,
  reason: textInput(200).optional(),
  at: instantInput.optional(),
});
export type Revert = z.input<typeof revert>;

/** An account's lines of one asset, oldest first. */
export const listEntries = z.strictObject({
  ...accountFields,
  asset: assetInput,
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, z.int(), textInput(96), z.int32()),
});
export type ListEntries = z.input<typeof listEntries>;

/** A line as the statement of an account shows it. */
export interface StatementLine extends Entry {
  transactionId: string;
  line: number;
  recordedAt: Instant;
}

/** Codes with which the ledger refuses. */
export type LedgerRefusal =
  | 'unknown-account'
  | 'unknown-asset'
  | 'unknown-hold'
  | 'unknown-transaction'
  | 'id-conflict'
  | 'insufficient-funds'
  | 'too-many-digits'
  | 'zero-amount'
  | 'unbalanced'
  | 'not-external'
  | 'out-of-range'
  | 'account-closed'
  | 'account-suspended'
  | 'not-reversible'
  | 'already-reversed'
  | 'not-the-reverse'
  | 'hold-closed'
  | 'hold-exceeded';

/**
 * The double-entry journal: what is booked sums to zero for each asset and is never changed. Each booking is idempotent by its
 * reference. Errors are `not-found`, `conflict` or `invalid-input` with a `LedgerRefusal` as code.
 */
export interface Ledger {
  /** Books funds from outside onto an account. The same reference again answers the first transaction. */
  deposit(input: Deposit, options?: CallOptions): Promise<Transaction>;
  /** Books funds off to outside. Refused with `insufficient-funds`. */
  withdraw(input: Withdraw, options?: CallOptions): Promise<Transaction>;
  /** Moves funds between two accounts. Refused with `insufficient-funds`. */
  transfer(input: Transfer, options?: CallOptions): Promise<Transaction>;
  /** Books lines by hand, with a reason. Refused with `unbalanced` where an asset does not sum to zero. */
  adjust(input: Adjust, options?: CallOptions): Promise<Transaction>;
  /** Books the opposite of a transaction. Refused with `already-reversed`, `not-reversible`, `insufficient-funds`. */
  revert(input: Revert, options?: CallOptions): Promise<Transaction>;
  /** Nothing where there is none. */
  find(transactionId: string, options?: CallOptions): Promise<Transaction | undefined>;
  /** Refused as `not-found` where there is none. */
  get(transactionId: string, options?: CallOptions): Promise<Transaction>;
  /** A page when awaited; all of them by `for await`. */
  listEntries(input: ListEntries, options?: CallOptions): Listing<StatementLine>;
}
