import { createHash } from 'node:crypto';
import { type LeafFields, leafHash } from '../trail/leaf.ts';
import type { Anchor } from './anchor-sink.ts';
import { type BlockHeader, NO_HASH, blockHash } from './block-header.ts';
import { leafOf, merkleRoot, verifyInclusionPath } from './merkle-tree.ts';

/** The first line of a bundle: lines of JSON that show their events to be in the tree of blocks whose root stands here. */
export interface BundleHead {
  kind: 'bundle';
  version: 1;
  trail: string;
  query: Readonly<Record<string, unknown>>;
  exportedAt: string;
  treeSize: number;
  treeRoot: string;
  /** What the sinks outside have of this tree: compare them with the sinks themselves. */
  anchors: readonly (Anchor & { sink: string })[];
}

/** A block that has events of the bundle; they follow it. */
export interface BundleBlock extends BlockHeader {
  kind: 'block';
  hash: string;
  treePath: readonly string[];
  /** The leaves of its events that were not asked for, by position: their content stays where it is. */
  otherLeaves: Readonly<Record<string, string>>;
}

export type BundleEvent = LeafFields & { kind: 'event' };

/** What a walk over the trail found when the bundle was made. */
export interface BundleReport {
  kind: 'report';
  events: number;
  blocks: number;
  /** Of the events: the last position that the trail had. */
  position: number;
  verification: unknown;
}

export type BundleLine = BundleHead | BundleBlock | BundleEvent | BundleReport;

/** One place where a bundle is not what it says. */
export interface BundleFinding {
  /** From 1. */
  line: number;
  position?: number;
  block?: number;
  message: string;
}

/** What the check of a bundle found, with nothing but the bundle. */
export interface BundleVerdict {
  ok: boolean;
  events: number;
  blocks: number;
  treeSize: number;
  /** What all of it rests on: an anchor of your own must say the same. */
  treeRoot: string;
  findings: BundleFinding[];
}

/** Lines of a bundle as they are made, with the last one, which covers all before. */
export class BundleWriter {
  readonly #sha256 = createHash('sha256');

  line(content: BundleLine): string {
    const text = JSON.stringify(content);
    this.#sha256.update(`${text}\n`);
    return text;
  }

  end(): { line: string; sha256: string } {
    const sha256 = this.#sha256.digest('hex');
    return { line: endLine(sha256), sha256 };
  }
}

const endLine = (sha256: string): string => JSON.stringify({ kind: 'end', sha256 });

interface OpenBlock {
  block: BundleBlock;
  line: number;
  leaves: Map<number, Buffer>;
}

/**
 * Checks a bundle without any database: each event against its leaf, the leaves against the block, the blocks against each other and
 * against the tree's root, and all lines against the last one.
 */
export async function verifyBundle(lines: AsyncIterable<string> | Iterable<string>): Promise<BundleVerdict> {
  const check = new BundleCheck();
  for await (const line of lines) check.take(line);
  return check.verdict();
}

class BundleCheck {
  readonly #sha256 = createHash('sha256');
  readonly #findings: BundleFinding[] = [];
  #line = 0;
  #head: BundleHead | undefined;
  #report: BundleReport | undefined;
  #open: OpenBlock | undefined;
  #previous: BundleBlock | undefined;
  #events = 0;
  #blocks = 0;
  #isEnded = false;

  take(text: string): void {
    this.#line += 1;
    if (this.#isEnded) return this.#found('a line after the end');
    let content: { kind?: string };
    try {
      content = JSON.parse(text) as { kind?: string };
    } catch {
      this.#sha256.update(`${text}\n`);
      return this.#found('no JSON');
    }
    if (content.kind === 'end') {
      this.#isEnded = true;
      if (text !== endLine(this.#sha256.digest('hex'))) this.#found('the lines before are not what was written');
      return;
    }
    this.#sha256.update(`${text}\n`);
    try {
      this.#judge(content as BundleLine);
    } catch {
      this.#found('a line that cannot be read');
    }
  }

  verdict(): BundleVerdict {
    this.#closeBlock();
    if (!this.#isEnded) this.#found('the end is missing');
    if (!this.#head) this.#found('the beginning is missing');
    if (!this.#report) this.#found('the report is missing');
    else if (this.#report.events !== this.#events || this.#report.blocks !== this.#blocks)
      this.#found(
        `${this.#events} events in ${this.#blocks} blocks, but there were ${this.#report.events} in ${this.#report.blocks}`,
      );
    return {
      ok: this.#findings.length === 0,
      events: this.#events,
      blocks: this.#blocks,
      treeSize: this.#head?.treeSize ?? 0,
      treeRoot: this.#head?.treeRoot ?? '',
      findings: this.#findings,
    };
  }

  #judge(content: BundleLine): void {
    if (this.#line === 1 && content.kind === 'bundle' && content.version === 1) {
      this.#head = content;
      return;
    }
    if (content.kind === 'block') return this.#openBlock(content);
    if (content.kind === 'event') return this.#takeEvent(content);
    if (content.kind !== 'report') return this.#found('a line of no known kind');
    this.#closeBlock();
    this.#report = content;
  }

  #openBlock(block: BundleBlock): void {
    this.#closeBlock();
    this.#blocks += 1;
    const at = { block: block.block };
    if (blockHash(block) !== block.hash) this.#found('the hash of the block is not that of its header', at);
    const follows = this.#previous?.block === block.block - 1;
    if (follows && block.prevHash !== this.#previous!.hash)
      this.#found('the block does not follow from the one before', at);
    if (block.block === 1 && block.prevHash !== NO_HASH) this.#found('the first block follows from another', at);
    const { treeRoot = '', treeSize = 0 } = this.#head ?? {};
    const path = block.treePath.map((hash) => Buffer.from(hash, 'hex'));
    const leaf = leafOf(Buffer.from(block.hash, 'hex'));
    if (!verifyInclusionPath(leaf, block.block - 1, treeSize, path, Buffer.from(treeRoot, 'hex')))
      this.#found('the block is not in the tree', at);
    const leaves = new Map(
      Object.entries(block.otherLeaves).map(([position, hash]) => [Number(position), Buffer.from(hash, 'hex')]),
    );
    this.#open = { block, line: this.#line, leaves };
    this.#previous = block;
  }

  #takeEvent(event: BundleEvent): void {
    this.#events += 1;
    const { position } = event;
    const open = this.#open;
    if (!open || position < open.block.firstPosition || position > open.block.lastPosition)
      return this.#found('an event outside of its block', { position });
    if (open.leaves.has(position)) return this.#found('a second event of a position', { position });
    open.leaves.set(position, leafHash(event));
  }

  #closeBlock(): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    const { block, leaves } = open;
    const hashes: Buffer[] = [];
    for (let position = block.firstPosition; position <= block.lastPosition; position += 1) {
      const leaf = leaves.get(position);
      if (leaf) hashes.push(leaf);
      else return this.#found('an event is missing', { block: block.block, position });
    }
    if (merkleRoot(Buffer.concat(hashes)).toString('hex') !== block.merkleRoot)
      this.#found(`the events ${block.firstPosition} to ${block.lastPosition} are not those of the block`, {
        block: block.block,
      });
  }

  #found(message: string, at: { position?: number; block?: number } = {}): void {
    if (this.#findings.length < 100) this.#findings.push({ line: this.#line, ...at, message });
  }
}
