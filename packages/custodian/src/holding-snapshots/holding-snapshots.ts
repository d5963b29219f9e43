import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  assetInput,
  idInput,
  instantInput,
  nonNegativeAmount,
  pageFields,
  type ProofStep,
  type SumNode,
  verifyCommitted,
} from '@tse/core';
import { z } from 'zod';

/** What clients and the house have in custody at one moment, committed to by one root. */
export interface HoldingSnapshot {
  snapshotId: string;
  asOf: Instant;
  root: string;
  /** Held of each asset. */
  totals: Record<string, Decimal>;
  /** Holdings that are counted. */
  leaves: number;
}

/** That one holding is counted in a root: checked by `verifyHolding` with nothing but itself and the published root. */
export interface HoldingProof {
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

export const takeHoldingSnapshot = z.strictObject({ snapshotId: idInput });
export type TakeHoldingSnapshot = z.input<typeof takeHoldingSnapshot>;
export const proveHolding = z.strictObject({ snapshotId: idInput, accountId: idInput, asset: assetInput });
export type ProveHolding = z.input<typeof proveHolding>;
/** Newest first. */
export const listHoldingSnapshots = z.strictObject(pageFields(instantInput, idInput));
export type ListHoldingSnapshots = z.input<typeof listHoldingSnapshots>;

/** What a venue says it owes, with the root that it published: `liabilities.snapshot` of an exchange. */
export const compareLiabilities = z.strictObject({
  comparisonId: idInput,
  snapshotId: idInput,
  venue: idInput,
  liabilities: z.strictObject({
    root: z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex'),
    totals: z.record(assetInput, nonNegativeAmount),
  }),
});
export type CompareLiabilities = z.input<typeof compareLiabilities>;

/** What is in custody for a venue's customers against what the venue says that it owes them. */
export interface LiabilityComparison {
  comparisonId: string;
  snapshotId: string;
  venue: string;
  liabilityRoot: string;
  /** Of each asset: in custody for the venue's accounts, owed by the venue, and held less owed: negative is a deficit. */
  assets: Record<string, { held: Decimal; owed: Decimal; difference: Decimal }>;
}

/** Codes with which holding snapshots refuse. */
export type HoldingSnapshotRefusal = 'unknown-snapshot' | 'unknown-holding' | 'id-conflict' | 'run-in-progress';

/**
 * Proofs of holdings by a Merkle-sum tree (G. Maxwell, 2013; with both sums inside of each hash), the other half of an exchange's proof of
 * liabilities. Errors are `not-found` or `conflict` with a `HoldingSnapshotRefusal` as code.
 */
export interface HoldingSnapshots {
  /** Counts all holdings at one moment; the same id again answers the first snapshot. */
  take(input: TakeHoldingSnapshot, options?: CallOptions): Promise<HoldingSnapshot>;
  /** Nothing where there is none. */
  find(snapshotId: string, options?: CallOptions): Promise<HoldingSnapshot | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListHoldingSnapshots, options?: CallOptions): Listing<HoldingSnapshot>;
  /** `not-found` where the snapshot counts no such holding. */
  prove(input: ProveHolding, options?: CallOptions): Promise<HoldingProof>;
  /** What is held for a venue's clients against what it owes them; a deficit is a break while it lasts. The same id answers the first comparison. */
  compare(input: CompareLiabilities, options?: CallOptions): Promise<LiabilityComparison>;
}

/** Whether a proof shows its holding to be counted in the root. */
export const verifyHolding = (proof: HoldingProof): boolean => verifyCommitted(proof);
