import { type CallOptions, type Instant, type Listing, idInput, instantInput, pageFields, textInput } from '@tse/core';
import { z } from 'zod';
import { type TrailEvent, sourceName } from '../trail/trail.ts';
import type { BlockHeader } from './block-header.ts';
import type { VerificationReport } from './verification.ts';

/** A sealed part of the trail. */
export interface Block extends BlockHeader {
  firstRecordedAt: Instant;
  lastRecordedAt: Instant;
  sealedAt: Instant;
  hash: string;
  /** Of the tree over the hashes of all blocks up to this one: what is anchored. */
  treeRoot: string;
}

/** What a sink was told: the root of the tree up to a block. */
export interface AnchoredBlock {
  sink: string;
  block: number;
  treeRoot: string;
  anchoredAt: Instant;
}

/** That an event stands at its position in a tree of blocks; `verifyEventProof` needs nothing but this and a root that is trusted. */
export interface EventProof {
  event: TrailEvent;
  block: BlockHeader;
  /** From the event's leaf up to the block's root, hexadecimal. */
  blockPath: string[];
  /** From the block's hash up to the root of the tree of `treeSize` blocks. */
  treePath: string[];
  treeSize: number;
  treeRoot: string;
}

/** That the tree of `second` blocks is the one of `first` blocks and more. */
export interface ConsistencyProof {
  first: number;
  second: number;
  firstRoot: string;
  secondRoot: string;
  path: string[];
}

const block = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
export const findBlock = z.strictObject({ block });
/** Oldest first where nothing else is said. */
export const listBlocks = z.strictObject({
  sort: z.enum(['oldest', 'newest']).default('oldest'),
  ...pageFields(z.int()),
});
export type ListBlocks = z.input<typeof listBlocks>;
/** By sink and block. */
export const listAnchors = z.strictObject({
  sink: textInput(200).optional(),
  ...pageFields(textInput(200), z.int().min(0).max(Number.MAX_SAFE_INTEGER)),
});
export type ListAnchors = z.input<typeof listAnchors>;
export const proveEvent = z.strictObject({
  position: block,
  /** The number of blocks of the tree whose root is known; all blocks where it is not said. */
  treeSize: block.optional(),
});
export type ProveEvent = z.input<typeof proveEvent>;
export const proveConsistency = z.strictObject({ first: block, second: block.optional() });
export type ProveConsistency = z.input<typeof proveConsistency>;
export const verifyTrail = z.strictObject({
  /** Begins with this block; what is before it counts as right. */
  fromBlock: block.optional(),
});
export type VerifyTrail = z.input<typeof verifyTrail>;

/** Events recorded from (inclusive) to (exclusive); all of them where nothing is said. */
export const exportBundle = z.strictObject({
  from: instantInput.optional(),
  to: instantInput.optional(),
  firstPosition: block.optional(),
  lastPosition: block.optional(),
  source: sourceName.optional(),
  correlationId: idInput.optional(),
});
export type ExportBundle = z.input<typeof exportBundle>;

/** What a bundle holds. */
export interface BundledTrail {
  events: number;
  blocks: number;
  /** The last position that the trail had. */
  watermark: number;
  /** Whether the walk over the trail found it right. */
  verified: boolean;
  /** Of all lines but the last, which says it. */
  sha256: string;
  treeSize: number;
  treeRoot: string;
}

/** Codes with which blocks and proofs refuse. */
export type BlockRefusal = 'unknown-block' | 'unknown-position' | 'not-sealed' | 'archived';

/** Tamper evidence: what is in a block cannot be changed unseen, and what is anchored cannot even by who rewrites all of the database. */
export interface Blocks {
  /** Seals what is there now, without waiting for a block to be full; answers the newest block. */
  seal(options?: CallOptions): Promise<Block | undefined>;
  /** Writes the newest block down in each sink that does not have it yet; answers how many did. A worker does so by itself. */
  anchor(options?: CallOptions): Promise<number>;
  /** Nothing where there is none. */
  find(block: number, options?: CallOptions): Promise<Block | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListBlocks, options?: CallOptions): Listing<Block>;
  /** A page when awaited; all of them by `for await`. */
  listAnchors(input?: ListAnchors, options?: CallOptions): Listing<AnchoredBlock>;
  /** `not-sealed` where no block covers the position yet, `archived` where its events are in a file. */
  prove(input: ProveEvent, options?: CallOptions): Promise<EventProof>;
  /**
   * Proves that the tree at a later block only added to the tree at an earlier one (RFC 6962, 2.1.2). Refused with `unknown-block` where
   * one is not sealed.
   */
  proveConsistency(input: ProveConsistency, options?: CallOptions): Promise<ConsistencyProof>;
  /**
   * Walks the trail: numbers, leaves, blocks, the tree, anchors, and each source complete up to its checkpoint. Changes nothing, and may
   * take long: hand in a `signal`.
   */
  verify(
    input?: VerifyTrail,
    options?: CallOptions & { progress?: (events: number) => void },
  ): Promise<VerificationReport>;
  /**
   * Events with all that is needed to check them without the database: lines, to be written to a file, for `verifyBundle`. Seals first what
   * is not sealed yet, and walks the trail. What was not asked for shows only its hashes.
   */
  bundle(input?: ExportBundle, options?: CallOptions): AsyncGenerator<string, BundledTrail>;
}
