import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type AdapterContext, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { CONSUMER } from '../sources/sources.repository.ts';
import { CANON_VERSION, leafColumns } from '../trail/leaf.ts';
import { MalformedRowsError } from '../trail/walk-rows.ts';
import type { AnchorSink } from './anchor-sink.ts';
import { type BlockHeader, NO_HASH, blockHash } from './block-header.ts';
import { GrowingTree, leafOf } from './merkle-tree.ts';
import type { PortionThreads } from './portion-threads.ts';
import { type Portion, type PortionReport, PortionWalk, walkPortion } from './portion.ts';
import { Verification, type VerificationReport } from './verification.ts';

const db = queryBuilder<Tables>();

const BLOCKS_AT_ONCE = 16;
const TAIL_AT_ONCE = 16_384;
/** Fewer events are judged in this thread sooner than another one begins. */
const WORTH_A_THREAD = 4096;

const hex = (column: string) => sql<string>`encode(${sql.ref(column)}, 'hex')`;

const statements = {
  /** In one statement, so in one snapshot: what a transaction wrote together is seen together. */
  state: statement('audit.verify.state', 'read', (p: { consumer: string }) =>
    db.selectNoFrom([
      sql<number>`(select position from trail_head)`.as('position'),
      sql<number>`(select coalesce(max(position), 0) from events)`.as('last_event'),
      sql<number>`(select n from block_head)`.as('blocks'),
      sql<number>`(select last_position from block_head)`.as('sealed'),
      sql<string>`(select encode(hash, 'hex') from block_head)`.as('hash'),
      sql<Record<string, number>>`(select coalesce(jsonb_object_agg(s.id, coalesce(c.publish_seq, s.start_after)), '{}')
        from sources as s left join inbox_checkpoints as c on c.consumer = ${p.consumer} and c.source = s.id)`.as(
        'checkpoints',
      ),
      sql<Record<string, number>>`(select coalesce(jsonb_object_agg(id, start_after), '{}') from sources)`.as('starts'),
    ]),
  ),
  segments: statement('audit.verify.segments', 'read', () =>
    db
      .selectFrom('segments')
      .select([
        'first_position',
        'last_position',
        'first_block',
        'last_block',
        'archive',
        'archive_sha256',
        'source_seqs',
      ])
      .orderBy('first_position'),
  ),
  blocks: statement('audit.verify.blocks', 'read', (p: { after: number; limit: number }) =>
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
      ])
      .where('n', '>', p.after)
      .orderBy('n')
      .limit(p.limit),
  ),
  nodes: statement('audit.verify.nodes', 'read', () =>
    db.selectFrom('block_nodes').select(['level', 'n', hex('hash').as('hash')]),
  ),
  anchors: statement('audit.verify.anchors', 'read', () =>
    db
      .selectFrom('anchors')
      .select(['sink', 'block', hex('tree_root').as('tree_root')])
      .orderBy('sink')
      .orderBy('block'),
  ),
};

type BlockRow = NonNullable<(typeof statements.blocks)['row']>;
type Segment = NonNullable<(typeof statements.segments)['row']>;

const headerOf = (row: BlockRow): BlockHeader => ({
  block: row.n,
  firstPosition: row.first_position,
  lastPosition: row.last_position,
  firstRecordedAt: row.first_recorded_at,
  lastRecordedAt: row.last_recorded_at,
  canonVersion: row.canon_version,
  merkleRoot: row.merkle_root,
  prevHash: row.prev_hash,
  sealedAt: row.sealed_at,
});

const rowsBetween = (first: number, last: number): string =>
  `copy (select ${leafColumns.join(', ')}, leaf_hash from events where position between ${first} and ${last} order by position) to stdout (format binary)`;

export interface TrailVerifierParts {
  readonly sinks: readonly AnchorSink[];
  readonly archiveFolder: string | undefined;
  readonly threads: PortionThreads;
}

/** One walk over the trail. */
export class TrailVerifier {
  readonly #context: AdapterContext;
  readonly #parts: TrailVerifierParts;
  readonly #verification = new Verification();
  readonly #signal: AbortSignal | undefined;
  readonly #progress: (events: number) => void;
  readonly #tree = new GrowingTree();
  readonly #treeRoots = new Map<number, { treeRoot: string; hash: string }>();
  readonly #nodes = new Map<string, string>();
  /** Portions that are walked at the same time, oldest first. */
  readonly #walking: Promise<PortionReport>[] = [];

  constructor(
    context: AdapterContext,
    parts: TrailVerifierParts,
    {
      signal,
      progress = () => {},
    }: { signal?: AbortSignal | undefined; progress?: ((events: number) => void) | undefined } = {},
  ) {
    this.#context = context;
    this.#parts = parts;
    this.#signal = signal;
    this.#progress = progress;
  }

  async verify(fromBlock = 1): Promise<VerificationReport> {
    try {
      return await this.#verify(fromBlock);
    } finally {
      // Where it fails in the middle, what was begun ends before its connections are asked for again.
      await Promise.allSettled(this.#walking);
    }
  }

  async #verify(fromBlock: number): Promise<VerificationReport> {
    const { pg } = this.#context;
    const found = this.#verification;
    const state = await pg.one(statements.state, { consumer: CONSUMER });
    found.position = state.position;
    if (state.last_event > state.position)
      found.found('event-foreign', `there are events beyond the head, which is ${state.position}`, {
        position: state.last_event,
      });
    // Where all of it is walked, each source begins with the number after which its reading began.
    if (fromBlock === 1) for (const [source, start] of Object.entries(state.starts)) found.sources.set(source, start);

    const segments = await pg.many(statements.segments, undefined);
    const sealed = await this.#walkBlocks(state.blocks, fromBlock, segments);
    if (sealed.hash !== state.hash || sealed.position !== state.sealed)
      found.found('block-missing', `the last block is ${sealed.block}, but the head of the blocks is ${state.blocks}`, {
        block: state.blocks,
      });
    await this.#walkTail(sealed.position + 1, state.position);
    for (const [source, checkpoint] of Object.entries(state.checkpoints)) {
      const last = found.sources.get(source);
      if (last !== checkpoint && (fromBlock === 1 || last !== undefined))
        found.found(
          'checkpoint-differs',
          `the trail has ${source} up to ${last ?? 0}, its checkpoint is ${checkpoint}`,
          {
            source,
          },
        );
    }
    for (const source of found.sources.keys()) {
      if (!(source in state.checkpoints))
        found.found('event-foreign', `numbered events of ${source}, which is no source`, { source });
    }
    if (fromBlock === 1) await this.#checkTree();
    await this.#checkAnchors(state.blocks);
    return found.report();
  }

  async #walkBlocks(
    until: number,
    fromBlock: number,
    segments: readonly Segment[],
  ): Promise<{ block: number; position: number; hash: string }> {
    const { pg } = this.#context;
    let previous = { block: 0, position: 0, hash: NO_HASH };
    for (let after = 0; after < until;) {
      this.#signal?.throwIfAborted();
      const rows = (await pg.many(statements.blocks, { after, limit: BLOCKS_AT_ONCE })).filter(({ n }) => n <= until);
      if (rows.length === 0) break;
      for (const row of rows) {
        this.#checkHeader(row, previous);
        previous = { block: row.n, position: row.last_position, hash: row.hash };
      }
      const walked = rows.filter(({ n }) => n >= fromBlock);
      const archived = segments.filter((segment) => walked.some(({ n }) => n === segment.first_block));
      for (const segment of archived) await this.#checkArchive(segment);
      const live = walked.filter(
        ({ n }) => !segments.some(({ first_block, last_block }) => n >= first_block && n <= last_block),
      );
      if (live.length > 0) await this.#walk(live[0]!.first_position, live.at(-1)!.last_position, live);
      after = rows.at(-1)!.n;
    }
    return previous;
  }

  #checkHeader(row: BlockRow, previous: { block: number; position: number; hash: string }): void {
    const found = this.#verification;
    const at = { block: row.n };
    if (row.n !== previous.block + 1)
      found.found('block-missing', `block ${row.n} follows block ${previous.block}`, { block: previous.block + 1 });
    else if (row.first_position !== previous.position + 1)
      found.found('block-changed', `it begins with ${row.first_position} after ${previous.position}`, at);
    if (row.prev_hash !== previous.hash)
      found.found('block-changed', 'it does not follow from the block before it', at);
    if (blockHash(headerOf(row)) !== row.hash) found.found('block-changed', 'its hash is not that of its header', at);
    if (row.canon_version !== CANON_VERSION)
      found.found('block-changed', `its leaves have the unknown form ${row.canon_version}`, at);
    for (const { level, n, hash } of this.#tree.add(leafOf(Buffer.from(row.hash, 'hex'))))
      this.#nodes.set(`${level}/${n}`, hash.toString('hex'));
    const treeRoot = this.#tree.root().toString('hex');
    if (row.tree_root !== treeRoot) found.found('tree-differs', 'its root of the tree is not what the blocks make', at);
    this.#treeRoots.set(row.n, { treeRoot, hash: row.hash });
    found.blocks += 1;
  }

  async #walkTail(first: number, last: number): Promise<void> {
    for (let from = first; from <= last; from += TAIL_AT_ONCE) {
      const to = Math.min(last, from + TAIL_AT_ONCE - 1);
      await this.#walk(from, to, []);
      this.#verification.unsealedEvents += to - from + 1;
    }
    await this.#settle(0);
  }

  /** Begins to walk a portion; waits where enough of them are under way. */
  async #walk(first: number, last: number, blocks: readonly BlockRow[]): Promise<void> {
    this.#signal?.throwIfAborted();
    const { threads } = this.#parts;
    const { pg, config } = this.#context;
    // One connection of the pool stays free for others.
    await this.#settle(Math.min(threads.count, config.postgres.pool - 1) - 1);
    const portion: Portion = { first, last, blocks };
    const walking = pg.copyOut('audit.verify.rows', rowsBetween(first, last), (chunks) =>
      last - first < WORTH_A_THREAD ? walkPortion(portion, chunks) : threads.walk(portion, chunks),
    );
    // Where one before it fails nobody waits for it.
    walking.catch(() => {});
    this.#walking.push(walking);
  }

  /** Takes the reports of portions in their order, until at most so many are under way. */
  async #settle(atMost: number): Promise<void> {
    while (this.#walking.length > Math.max(0, atMost)) {
      this.#verification.add(await this.#walking.shift()!);
      this.#progress(this.#verification.events);
    }
  }

  /** An archive has the rows as COPY wrote them: it is walked as they are. Without its folder its hash is believed. */
  async #checkArchive(segment: Segment): Promise<void> {
    const found = this.#verification;
    const { archiveFolder } = this.#parts;
    found.archivedEvents += segment.last_position - segment.first_position + 1;
    await this.#settle(0);
    if (archiveFolder === undefined) {
      for (const [source, seq] of Object.entries(segment.source_seqs as Record<string, number>))
        found.sources.set(source, seq);
      return;
    }
    const blocks = await this.#blocksOf(segment);
    const sha256 = createHash('sha256');
    const walk = new PortionWalk({ first: segment.first_position, last: segment.last_position, blocks });
    let broken: unknown;
    try {
      const file = createReadStream(join(archiveFolder, segment.archive), { highWaterMark: 256 * 1024 });
      for await (const chunk of file as AsyncIterable<Buffer>) {
        sha256.update(chunk);
        walk.push(chunk);
      }
      walk.end();
    } catch (error) {
      broken = error;
    }
    found.add(walk.report);
    try {
      if (broken !== undefined) throw broken;
      if (sha256.digest('hex') === segment.archive_sha256) return;
      found.found('archive-differs', `${segment.archive} is not what was archived`, {
        position: segment.first_position,
      });
    } catch (error) {
      if (!(error instanceof MalformedRowsError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      const why = error instanceof MalformedRowsError ? error.message : 'it is not there';
      found.found('archive-differs', `${segment.archive}: ${why}`, { position: segment.first_position });
    }
  }

  async #blocksOf({ first_block: first, last_block: last }: Segment): Promise<BlockRow[]> {
    return this.#context.pg.many(statements.blocks, { after: first - 1, limit: last - first + 1 });
  }

  async #checkTree(): Promise<void> {
    const found = this.#verification;
    const rows = await this.#context.pg.many(statements.nodes, undefined);
    const stored = new Map(rows.map(({ level, n, hash }) => [`${level}/${n}`, hash]));
    for (const [node, hash] of this.#nodes) {
      if (stored.get(node) !== hash)
        found.found('tree-differs', `node ${node} of the tree is not what the blocks make`);
    }
  }

  async #checkAnchors(blocks: number): Promise<void> {
    const found = this.#verification;
    const noted = await this.#context.pg.many(statements.anchors, undefined);
    for (const sink of this.#parts.sinks) {
      const written = (await sink.read()).filter(({ trail }) => trail === this.#context.identity.schema);
      const inSink = new Set<string>();
      for (const anchor of written) {
        const at = { block: anchor.block, sink: sink.name };
        found.anchors += 1;
        inSink.add(`${anchor.block} ${anchor.treeRoot}`);
        const block = this.#treeRoots.get(anchor.block);
        if (block && (block.treeRoot !== anchor.treeRoot || block.hash !== anchor.hash))
          found.found('anchor-differs', 'the block that was anchored is another one', at);
        // A block that was anchored meanwhile is beyond what this walk has looked at.
        else if (!block && anchor.block <= blocks)
          found.found('block-missing', `block ${anchor.block} was anchored up to position ${anchor.lastPosition}`, at);
        else if (!block && !(await this.#isNewer(anchor.block)))
          found.found('block-missing', `block ${anchor.block} was anchored up to position ${anchor.lastPosition}`, at);
      }
      for (const { block, tree_root: treeRoot } of noted.filter((each) => each.sink === sink.name)) {
        if (!inSink.has(`${block} ${treeRoot}`))
          found.found('anchor-missing', `the sink has no anchor of block ${block} with this root`, {
            block,
            sink: sink.name,
          });
      }
    }
  }

  async #isNewer(block: number): Promise<boolean> {
    return (await this.#context.pg.many(statements.blocks, { after: block - 1, limit: 1 })).some(
      ({ n }) => n === block,
    );
  }
}
