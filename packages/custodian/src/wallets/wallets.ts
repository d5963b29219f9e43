import { type CallOptions, type Instant, type Listing, idInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';
import { type MultisigStatus, multisigStatuses } from './multisig-states.ts';

const signers = z
  .strictObject({
    members: z
      .array(idInput)
      .min(1)
      .max(50)
      .refine((ids) => new Set(ids).size === ids.length, 'expected each signer once'),
    threshold: z.int().min(1).max(50),
  })
  .refine(({ members, threshold }) => threshold <= members.length, {
    message: 'more than there are signers',
    path: ['threshold'],
  });

/** The same `walletId` with the same content answers the wallet that stands. */
export const openWallet = z.strictObject({ walletId: idInput, accountId: idInput.optional(), signers });
export type OpenWallet = z.input<typeof openWallet>;

/** Who signs for a wallet, from a version on. */
export interface SignerSet {
  /** Dense from 1. */
  version: number;
  members: string[];
  threshold: number;
  /** The transaction that made it; the first has none. */
  transactionId?: string;
  validFrom: Instant;
}

/** A wallet of many signers, whose transactions are executed in the order of their nonces. */
export interface Wallet {
  walletId: string;
  accountId?: string;
  /** What is executed next; nonces below it are executed, without gaps. */
  nextNonce: number;
  signers: SignerSet;
  openedAt: Instant;
  version: number;
}

const proposed = {
  transactionId: idInput,
  walletId: idInput,
  /** The next free one by default; that of another proposal to take its place. */
  nonce: z.int().nonnegative().optional(),
  proposerId: idInput,
};
/**
 * A `payment` is known by the hash of what will be sent. A `rejection` takes a nonce and does nothing. A `signer-change` puts another set
 * of signers in the place of the one that signs it.
 */
export const proposeMultisig = z.discriminatedUnion('kind', [
  z.strictObject({
    ...proposed,
    kind: z.literal('payment'),
    payloadHash: textInput(128),
    /** The transfer that it sends: `transfers.broadcast` waits for its execution. */
    transferId: idInput.optional(),
  }),
  z.strictObject({ ...proposed, kind: z.literal('rejection'), nonce: z.int().nonnegative() }),
  z.strictObject({ ...proposed, kind: z.literal('signer-change'), signers }),
]);
export type ProposeMultisig = z.input<typeof proposeMultisig>;

/** `payloadHash` is what the signer saw; the signature itself is kept and not checked. */
export const signMultisig = z.strictObject({
  transactionId: idInput,
  signerId: idInput,
  payloadHash: textInput(128),
  signature: textInput(512),
});
export type SignMultisig = z.input<typeof signMultisig>;

/** A signer's signature. It is kept, not verified. */
export interface Signature {
  signerId: string;
  /** The set of signers that the signer was of. */
  signerVersion: number;
  signature: string;
  signedAt: Instant;
  /** Whether the signer has been of every set since. */
  valid: boolean;
}

/** A transaction of a wallet that its signers sign. */
export interface MultisigTransaction {
  transactionId: string;
  walletId: string;
  nonce: number;
  kind: 'payment' | 'rejection' | 'signer-change';
  payloadHash: string;
  newSigners?: { members: string[]; threshold: number };
  transferId?: string;
  proposerId: string;
  status: MultisigStatus;
  signatures: Signature[];
  proposedAt: Instant;
  closedAt?: Instant;
  version: number;
}

/** In the order of nonces. */
export const listMultisig = z.strictObject({
  walletId: idInput,
  status: z.enum(multisigStatuses).optional(),
  ...pageFields(z.int().nonnegative(), idInput),
});
export type ListMultisig = z.input<typeof listMultisig>;

/** Codes with which wallets refuse. */
export type WalletRefusal =
  | 'unknown-wallet'
  | 'unknown-account'
  | 'unknown-transaction'
  | 'unknown-transfer'
  | 'id-conflict'
  | 'not-a-signer'
  | 'nonce-used'
  | 'nonce-gap'
  | 'nonce-not-next'
  | 'transfer-closed'
  | 'transaction-closed'
  | 'already-signed'
  | 'payload-mismatch'
  | 'not-enough-signatures';

/**
 * The state of multi-signature wallets, after the contract of Safe: one transaction is executed at each nonce, in order; others at the same
 * nonce are replaced by it. A signature counts while its signer has been of every set of signers since. Errors are `not-found` or
 * `conflict` with a `WalletRefusal` as code.
 */
export interface Wallets {
  /** Opens a wallet with its first signers and their threshold. */
  open(input: OpenWallet, options?: CallOptions): Promise<Wallet>;
  /** Nothing where there is none. */
  find(walletId: string, options?: CallOptions): Promise<Wallet | undefined>;
  /** Refused as `not-found` where there is none. */
  get(walletId: string, options?: CallOptions): Promise<Wallet>;
  /** Oldest first. */
  listSigners(walletId: string, options?: CallOptions): Promise<SignerSet[]>;
  /** Proposes a transaction under a nonce. Refused with `nonce-used`, `nonce-gap`, `not-a-signer`. */
  propose(input: ProposeMultisig, options?: CallOptions): Promise<MultisigTransaction>;
  /** Adds a signature over the payload's hash. Refused with `payload-mismatch`, `not-a-signer`, `already-signed`. */
  sign(input: SignMultisig, options?: CallOptions): Promise<MultisigTransaction>;
  /** Needs the wallet's next nonce and enough signatures that count; a second time answers the executed one. */
  execute(transactionId: string, options?: CallOptions): Promise<MultisigTransaction>;
  /** Nothing where there is none. */
  findTransaction(transactionId: string, options?: CallOptions): Promise<MultisigTransaction | undefined>;
  /** A page when awaited; all of them by `for await`. */
  listTransactions(input: ListMultisig, options?: CallOptions): Listing<MultisigTransaction>;
}
