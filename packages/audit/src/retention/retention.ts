import { type CallOptions, type Instant, type Listing, pageFields, textInput } from '@tse/core';
import { z } from 'zod';

/** A part of the trail that is in a file, with its proof still in the blocks. */
export interface Segment {
  firstPosition: number;
  lastPosition: number;
  firstBlock: number;
  lastBlock: number;
  /** In the folder of archives: the rows as PostgreSQL's binary COPY has them, which is what their leaves are made of. */
  archive: string;
  archiveBytes: number;
  archiveSha256: string;
  archivedAt: Instant;
}

/** How long events stay in the database. Versions are kept; the newest is in force. */
export interface RetentionPolicy {
  version: number;
  /** Days that an event stays in the database after it was recorded; absent: for ever. */
  keepDays?: number;
  reason: string;
  actor?: string;
  recordedAt: Instant;
}

export const setPolicy = z.strictObject({
  /** The version that it replaces; 0 for the first. */
  version: z.int().min(0).max(1_000_000),
  keepDays: z.int().min(1).max(36_500).optional(),
  reason: textInput(500),
});
export type SetPolicy = z.input<typeof setPolicy>;
/** Oldest first. */
export const listSegments = z.strictObject(pageFields(z.int()));
export type ListSegments = z.input<typeof listSegments>;
/** Newest first. */
export const listPolicies = z.strictObject(pageFields(z.int().min(0).max(1_000_000)));
export type ListPolicies = z.input<typeof listPolicies>;
export const archiveTrail = z.strictObject({
  /** Everything up to this position may go; only whole partitions do. */
  lastPosition: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
});
export type ArchiveTrail = z.input<typeof archiveTrail>;

/** Codes with which retention refuses. */
export type RetentionRefusal = 'stale-version' | 'no-archive-folder' | 'trail-changed';

/** Lets the oldest events go without letting go of their proofs: blocks, tree and anchors stay, and so survivors verify alone. */
export interface Retention {
  /** `stale-version` where another policy was set meanwhile. */
  setPolicy(input: SetPolicy, options?: CallOptions): Promise<RetentionPolicy>;
  /** A page when awaited; all of them by `for await`. */
  listPolicies(input?: ListPolicies, options?: CallOptions): Listing<RetentionPolicy>;
  /** A page when awaited; all of them by `for await`. */
  listSegments(input?: ListSegments, options?: CallOptions): Listing<Segment>;
  /**
   * Writes the oldest partitions to files and takes them out, as far as they are sealed and go no further than the position; answers those
   * that went. A worker does so by the policy. `trail-changed` where rows are not what their hashes say: those stay.
   */
  archive(input: ArchiveTrail, options?: CallOptions): Promise<Segment[]>;
}
