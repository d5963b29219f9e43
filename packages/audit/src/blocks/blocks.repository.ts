import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  listing,
  operation,
  queryBuilder,
  refusal,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import { leafColumns } from '../trail/leaf.ts';
import { type EventRow, leafHashText, toTrailEvent } from '../trail/trail-rows.ts';
import type { AnchorRepository } from './anchors.repository.ts';
import {
  type AnchoredBlock,
  type Block,
  type Blocks,
  type BundledTrail,
  type ConsistencyProof,
  type EventProof,
  type ExportBundle,
  type ListAnchors,
  type ListBlocks,
  type ProveConsistency,
  type ProveEvent,
  type VerifyTrail,
  exportBundle,
  findBlock,
  listAnchors,
  listBlocks,
  proveConsistency,
  proveEvent,
  verifyTrail,
} from './blocks.ts';
import type { ExportRepository } from '../exports/exports.repository.ts';
import { BundleRepository } from './bundle.repository.ts';
import { type Range, completeNodes, consistencyRanges, foldNodes, inclusionRanges, merkleRoot } from './merkle-tree.ts';
import type { PortionThreads } from './portion-threads.ts';
import { type BlockSealer, nodeHashes } from './seal-blocks.repository.ts';
import type { VerificationReport } from './verification.ts';
import { TrailVerifier, type TrailVerifierParts } from './verify-trail.repository.ts';

const db = queryBuilder<Tables>();

const hex = (column: 'merkle_root' | 'prev_hash' | 'hash' | 'tree_root') =>
  sql<string>`encode(${sql.ref(column)}, 'hex')`;

const blockRows = () =>
  db
    .selectFrom('blocks')
    .select([
      'n',
      'first_position',
      'last_position',
      'first_recorded_at',
      'last_recorded_at',
      'canon_version',
      'sealed_at',
      hex('merkle_root').as('merkle_root'),
      hex('prev_hash').as('prev_hash'),
      hex('hash').as('hash'),
      hex('tree_root').as('tree_root'),
    ]);

const statements = {
  find: statement('audit.blocks.find', 'read', (p: { n: number }) => blockRows().where('n', '=', p.n)),
  newest: statement('audit.blocks.newest', 'read', () => blockRows().orderBy('n', 'desc').limit(1)),
  ofPosition: statement('audit.blocks.of-position', 'read', (p: { position: number }) =>
    blockRows().where('last_position', '>=', p.position).orderBy('last_position').limit(1),
  ),
  events: statement('audit.blocks.events', 'read', (p: { first: number; last: number }) =>
    db
      .selectFrom('events')
      .select(['position', leafHashText])
      .where('position', '>=', p.first)
      .where('position', '<=', p.last)
      .orderBy('position'),
  ),
  event: statement('audit.blocks.event', 'read', (p: { position: number }) =>
    db.selectFrom('events').select(leafColumns).select(leafHashText).where('position', '=', p.position),
  ),
};

const operations = {
  seal: operation('audit.blocks.seal', z.undefined()),
  anchor: operation('audit.blocks.anchor', z.undefined()),
  find: operation('audit.blocks.find', findBlock),
  list: operation('audit.blocks.list', listBlocks),
  listAnchors: operation('audit.blocks.listAnchors', listAnchors),
  prove: operation('audit.blocks.prove', proveEvent),
  proveConsistency: operation('audit.blocks.proveConsistency', proveConsistency),
  verify: operation('audit.blocks.verify', verifyTrail),
  bundle: operation('audit.blocks.bundle', exportBundle),
};

export class BlockRepository implements Blocks {
  readonly #context: AdapterContext;
  readonly #sealer: BlockSealer;
  readonly #anchors: AnchorRepository;
  readonly #parts: TrailVerifierParts;
  readonly #exports: ExportRepository;

  constructor(
    context: AdapterContext,
    parts: {
      sealer: BlockSealer;
      anchors: AnchorRepository;
      exports: ExportRepository;
      archiveFolder: string | undefined;
      threads: PortionThreads;
    },
  ) {
    this.#context = context;
    this.#sealer = parts.sealer;
    this.#anchors = parts.anchors;
    this.#exports = parts.exports;
    this.#parts = { sinks: parts.anchors.sinks, archiveFolder: parts.archiveFolder, threads: parts.threads };
  }

  seal(options?: CallOptions): Promise<Block | undefined> {
    return this.#context.run(operations.seal, undefined, options, async () => {
      while (await this.#sealer.sealNext({ now: true }));
      const row = await this.#context.pg.maybe(statements.newest, undefined);
      return row && toBlock(row);
    });
  }

  anchor(options?: CallOptions): Promise<number> {
    return this.#context.run(operations.anchor, undefined, options, () => this.#anchors.anchorNewest());
  }

  find(block: number, options?: CallOptions): Promise<Block | undefined> {
    return this.#context.run(operations.find, { block }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.find, { n: input.block });
      return row && toBlock(row);
    });
  }

  list(input: ListBlocks = {}, options?: CallOptions): Listing<Block> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ sort, cursor: after, limit }) => {
        const newest = sort === 'newest';
        let query = blockRows()
          .orderBy('n', newest ? 'desc' : 'asc')
          .limit(limit + 1);
        if (after) query = query.where('n', newest ? '<' : '>', after[0]);
        const rows = await this.#context.pg.query('audit.blocks.list', 'read', query);
        return toPage(rows.map(toBlock), limit, ({ block }) => [block]);
      }),
    );
  }

  listAnchors(input: ListAnchors = {}, options?: CallOptions): Listing<AnchoredBlock> {
    return listing(input, (page) =>
      this.#context.run(operations.listAnchors, page, options, async ({ sink, cursor: after, limit }) => {
        let query = db
          .selectFrom('anchors')
          .select(['sink', 'block', 'anchored_at', hex('tree_root').as('tree_root')])
          .orderBy('sink')
          .orderBy('block')
          .limit(limit + 1);
        if (sink !== undefined) query = query.where('sink', '=', sink);
        if (after) query = query.where(sql<boolean>`(sink, block) > (${after[0]}, ${after[1]}::bigint)`);
        const rows = await this.#context.pg.query('audit.blocks.listAnchors', 'read', query);
        const found = rows.map(({ tree_root, anchored_at, ...row }): AnchoredBlock => ({
          ...row,
          treeRoot: tree_root,
          anchoredAt: anchored_at,
        }));
        return toPage(found, limit, (anchor) => [anchor.sink, anchor.block]);
      }),
    );
  }

  prove(input: ProveEvent, options?: CallOptions): Promise<EventProof> {
    return this.#context.run(operations.prove, input, options, async ({ position, treeSize }) => {
      const { pg } = this.#context;
      const row = await pg.maybe(statements.ofPosition, { position });
      if (!row) throw refusal('not-sealed', { position });
      const size = treeSize ?? (await pg.one(statements.newest, undefined)).n;
      const tree = await pg.maybe(statements.find, { n: size });
      if (!tree || row.n > size) throw refusal('unknown-block', { block: size });
      const leaves = await pg.many(statements.events, { first: row.first_position, last: row.last_position });
      const event = await pg.maybe(statements.event, { position });
      if (!event) throw refusal('archived', { position });
      const { hash: _, treeRoot: __, ...header } = toBlock(row);
      return {
        ...proveIn(event, leaves, row.first_position),
        block: header,
        treePath: await this.treePath(row.n, size),
        treeSize: size,
        treeRoot: tree.tree_root,
      };
    });
  }

  proveConsistency(input: ProveConsistency, options?: CallOptions): Promise<ConsistencyProof> {
    return this.#context.run(operations.proveConsistency, input, options, async ({ first, second }) => {
      const { pg } = this.#context;
      const newer = await (second === undefined
        ? pg.maybe(statements.newest, undefined)
        : pg.maybe(statements.find, { n: second }));
      const older = await pg.maybe(statements.find, { n: first });
      if (!older || !newer || older.n > newer.n) throw refusal('unknown-block', { block: older ? second : first });
      return {
        first: older.n,
        second: newer.n,
        firstRoot: older.tree_root,
        secondRoot: newer.tree_root,
        path: (await this.#roots(consistencyRanges(older.n, newer.n))).map(asHex),
      };
    });
  }

  verify(
    input: VerifyTrail = {},
    { progress, ...options }: CallOptions & { progress?: (events: number) => void } = {},
  ): Promise<VerificationReport> {
    return this.#context.run(operations.verify, input, options, ({ fromBlock }) =>
      new TrailVerifier(this.#context, this.#parts, { signal: options.signal, progress }).verify(fromBlock),
    );
  }

  /** Input and query are judged before the first line; the walk and the lines follow at the reader's pace. */
  async *bundle(input: ExportBundle = {}, options?: CallOptions): AsyncGenerator<string, BundledTrail> {
    const query = await this.#context.run(operations.bundle, input, options, (given) => Promise.resolve(given));
    const bundles = new BundleRepository(this.#context, this, this.#parts.sinks, this.#exports);
    return yield* bundles.lines(query, input, options?.signal);
  }

  /** From a block up to the root of a tree of so many blocks. */
  async treePath(block: number, size: number): Promise<string[]> {
    return (await this.#roots(inclusionRanges(block - 1, size))).map(asHex);
  }

  /** The roots of subtrees of the tree over the blocks. */
  async #roots(ranges: readonly Range[]): Promise<Buffer[]> {
    const nodes = ranges.map(completeNodes);
    const hashes = await nodeHashes(this.#context.pg, nodes.flat());
    let at = 0;
    return nodes.map(({ length }) => foldNodes(hashes.slice(at, (at += length))));
  }
}

/** An event with its path to the root of its block, whose leaves these are. */
export function proveIn(
  event: EventRow,
  leaves: readonly { leaf_hash_text: string }[],
  firstPosition: number,
): Pick<EventProof, 'event' | 'blockPath'> {
  const hashes = leaves.map(({ leaf_hash_text }) => Buffer.from(leaf_hash_text, 'hex'));
  const path = inclusionRanges(event.position - firstPosition, hashes.length).map(([start, size]) =>
    asHex(merkleRoot(Buffer.concat(hashes.slice(start, start + size)))),
  );
  return { event: toTrailEvent(event), blockPath: path };
}

const asHex = (hash: Buffer): string => hash.toString('hex');

type BlockRow = NonNullable<(typeof statements.find)['row']>;

const toBlock = (row: BlockRow): Block => ({
  block: row.n,
  firstPosition: row.first_position,
  lastPosition: row.last_position,
  firstRecordedAt: row.first_recorded_at,
  lastRecordedAt: row.last_recorded_at,
  canonVersion: row.canon_version,
  merkleRoot: row.merkle_root,
  prevHash: row.prev_hash,
  sealedAt: row.sealed_at,
  hash: row.hash,
  treeRoot: row.tree_root,
});
