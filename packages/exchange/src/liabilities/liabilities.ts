import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  assetInput,
  idInput,
  instantInput,
  pageFields,
  type ProofStep,
  type SumNode,
  verifyCommitted,
} from '@tse/core';
import { z } from 'zod';
import { accountFields } from '../accounts/account-ref.ts';

/** What the exchange owes its customers at one moment, committed to by one root. */
export interface LiabilitySnapshot {
  snapshotId: string;
  asOf: Instant;
  root: string;
  /** Owed of each asset. An overdrawn account owes the exchange and counts as zero. */
  totals: Record<string, Decimal>;
  /** Balances that are counted. */
  leaves: number;
}

/** That one balance is counted in a root: checked by `verifyInclusion` with nothing but itself and the published root. */
export interface InclusionProof {
  snapshotId: string;
  root: string;
  accountId: string;
  asset: string;
  amount: Decimal;
  salt: string;
  /** From the leaf up to the node of its asset. */
  steps: ProofStep[];
  /** The nodes of all assets, in the order of their codes: what the root is made of. */
  assets: Record<string, SumNode>;
}

export const takeSnapshot = z.strictObject({ snapshotId: idInput });
export type TakeSnapshot = z.input<typeof takeSnapshot>;
export const proveInclusion = z.strictObject({ snapshotId: idInput, ...accountFields, asset: assetInput });
export type ProveInclusion = z.input<typeof proveInclusion>;
/** Newest first. */
export const listSnapshots = z.strictObject(pageFields(instantInput, idInput));
export type ListSnapshots = z.input<typeof listSnapshots>;

/** Codes with which liabilities refuse. */
export type LiabilityRefusal = 'unknown-snapshot' | 'unknown-balance';

/**
 * Proofs of liabilities by a Merkle-sum tree (G. Maxwell, 2013; with both sums inside of each hash, after the weakness found by
 * Hu, Zhang and Guo, "Breaking the Binding: Attacks on the Merkle Approach to Prove Liabilities", 2019).
 */
export interface Liabilities {
  /** Counts all customers' balances at one moment; the same id again answers the first snapshot. */
  snapshot(input: TakeSnapshot, options?: CallOptions): Promise<LiabilitySnapshot>;
  /** Nothing where there is none. */
  find(snapshotId: string, options?: CallOptions): Promise<LiabilitySnapshot | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListSnapshots, options?: CallOptions): Listing<LiabilitySnapshot>;
  /** `not-found` where the snapshot counts no such balance. */
  prove(input: ProveInclusion, options?: CallOptions): Promise<InclusionProof>;
}

/** Whether a proof shows its balance to be counted in the root. */
export const verifyInclusion = (proof: InclusionProof): boolean => verifyCommitted(proof);
