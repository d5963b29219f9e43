import { type AdapterContext, type Instant, InternalError, type Queries, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { CANON_VERSION } from '../trail/leaf.ts';
import type { OwnEvents } from '../trail/own-events.repository.ts';
import { type BlockHeader, blockHash } from './block-header.ts';
import { GrowingTree, type Node, completeNodes, leafOf, merkleRoot } from './merkle-tree.ts';

/** Events of one block at most. */
export const BLOCK_SIZE = 1024;

const db = queryBuilder<Tables>();

/** What sealing itself writes is no reason to seal. */
const OWN_TYPES = ['block.sealed', 'anchor.written'];

const statements = {
  lock: statement('audit.blocks.lock', 'write', () =>
    db
      .selectFrom('block_head')
      .select(['n', 'last_position', sql<string>`encode(hash, 'hex')`.as('hash')])
      .forNoKeyUpdate(),
  ),
  /** Up to where a block that begins there may go: it never spans two partitions, so that a partition leaves with whole blocks. */
  reach: statement('audit.blocks.reach', 'read', (p: { first: number }) =>
    db.selectNoFrom([
      sql<number>`(select position from trail_head)`.as('head'),
      sql<
        number | null
      >`(select upper_position - 1 from event_partitions where lower_position <= ${p.first} and upper_position > ${p.first})`.as(
        'partition_end',
      ),
      sql<Instant>`clock_timestamp()`.as('now'),
    ]),
  ),
  leaves: statement('audit.blocks.leaves', 'read', (p: { first: number; last: number; own: string; types: string }) =>
    db
      .selectFrom('events')
      .select([
        sql<Buffer>`string_agg(leaf_hash, ''::bytea order by position)`.as('leaves'),
        sql<Instant>`min(recorded_at)`.as('first_recorded_at'),
        sql<Instant>`max(recorded_at)`.as('last_recorded_at'),
        sql<number>`count(*) filter (where not (source = ${p.own} and type = any(${p.types}::text[])))`.as('foreign'),
      ])
      .where('position', '>=', p.first)
      .where('position', '<=', p.last),
  ),
  nodes: statement('audit.blocks.nodes', 'read', (p: { levels: string; ns: string }) =>
    db
      .selectFrom('block_nodes as b')
      .innerJoin(
        sql<{ level: number; n: number }>`unnest(${p.levels}::integer[], ${p.ns}::bigint[])`.as<'w'>(sql`w (level, n)`),
        (join) => join.onRef('b.level', '=', 'w.level').onRef('b.n', '=', 'w.n'),
      )
      .select(['b.level', 'b.n', 'b.hash']),
  ),
  insert: statement(
    'audit.blocks.insert',
    'write',
    (p: BlockHeader & { hash: string; treeRoot: string; levels: string; ns: string; nodes: string }) =>
      db
        .with('sealed', (w) =>
          w
            .insertInto('blocks')
            .values({
              n: p.block,
              first_position: p.firstPosition,
              last_position: p.lastPosition,
              first_recorded_at: p.firstRecordedAt as Instant,
              last_recorded_at: p.lastRecordedAt as Instant,
              canon_version: p.canonVersion,
              merkle_root: sql`decode(${p.merkleRoot}, 'hex')`,
              prev_hash: sql`decode(${p.prevHash}, 'hex')`,
              hash: sql`decode(${p.hash}, 'hex')`,
              tree_root: sql`decode(${p.treeRoot}, 'hex')`,
              sealed_at: p.sealedAt as Instant,
            })
            .returning('n'),
        )
        .with('noted', (w) =>
          w
            .insertInto('block_nodes')
            .columns(['level', 'n', 'hash'])
            .expression(
              sql`select l, n, decode(h, 'hex') from unnest(${p.levels}::integer[], ${p.ns}::bigint[], ${p.nodes}::text[]) as u (l, n, h)`,
            )
            .returning('level'),
        )
        .updateTable('block_head')
        .set({ n: p.block, last_position: p.lastPosition, hash: sql`decode(${p.hash}, 'hex')` }),
  ),
};

export interface SealOptions {
  readonly sealAfterMs: number;
}

/** Seals blocks, one a transaction. */
export class BlockSealer {
  readonly #context: AdapterContext;
  readonly #own: OwnEvents;
  readonly #sealAfterMs: number;
  /** Milliseconds that the oldest event without a block has been waiting, as last seen. */
  #waitingMs = 0;

  constructor(context: AdapterContext, own: OwnEvents, { sealAfterMs }: SealOptions) {
    this.#context = context;
    this.#own = own;
    this.#sealAfterMs = sealAfterMs;
  }

  get waitingSeconds(): number {
    return this.#waitingMs / 1000;
  }

  /** Seals the next block where it is full, where its oldest event has waited for long enough, or where that does not matter. */
  async sealNext({ now = false } = {}): Promise<boolean> {
    await this.#own.ensureRoom();
    return this.#context.pg.transaction('audit.blocks.seal', (tx) => this.#seal(tx, now));
  }

  async #seal(tx: Queries, now: boolean): Promise<boolean> {
    const { identity } = this.#context;
    const head = await tx.one(statements.lock, undefined);
    const first = head.last_position + 1;
    const { head: end, partition_end: partitionEnd, now: at } = await tx.one(statements.reach, { first });
    this.#waitingMs = 0;
    if (end < first) return false;
    const last = Math.min(end, first + BLOCK_SIZE - 1, partitionEnd ?? end);
    const isFull = last - first + 1 === BLOCK_SIZE || last === partitionEnd;
    const found = await tx.one(statements.leaves, {
      first,
      last,
      own: identity.schema,
      types: `{${OWN_TYPES.join(',')}}`,
    });
    const count = (found.leaves?.length ?? 0) / 32;
    if (count !== last - first + 1)
      throw new InternalError(
        'trail-gap',
        `the trail holds ${count} of the events ${first} to ${last}: nothing is sealed`,
        {
          first,
          last,
        },
      );
    const waitedMs = Date.parse(at) - Date.parse(found.first_recorded_at);
    this.#waitingMs = Math.max(0, waitedMs);
    if (!isFull && (found.foreign === 0 || (!now && waitedMs < this.#sealAfterMs))) return false;

    const header: BlockHeader = {
      block: head.n + 1,
      firstPosition: first,
      lastPosition: last,
      firstRecordedAt: found.first_recorded_at,
      lastRecordedAt: found.last_recorded_at,
      canonVersion: CANON_VERSION,
      merkleRoot: merkleRoot(found.leaves).toString('hex'),
      prevHash: head.hash,
      sealedAt: at,
    };
    const hash = blockHash(header);
    const tree = new GrowingTree(head.n, await this.#hashes(tx, completeNodes([0, head.n])));
    const nodes = tree.add(leafOf(Buffer.from(hash, 'hex')));
    const treeRoot = tree.root().toString('hex');
    await tx.run(statements.insert, {
      ...header,
      hash,
      treeRoot,
      levels: `{${nodes.map(({ level }) => level).join(',')}}`,
      ns: `{${nodes.map(({ n }) => n).join(',')}}`,
      nodes: `{${nodes.map((node) => node.hash.toString('hex')).join(',')}}`,
    });
    const { block, firstPosition, lastPosition } = header;
    const payload = { block, firstPosition, lastPosition, merkleRoot: header.merkleRoot, hash, treeRoot };
    await this.#own.append(tx, [{ type: 'block.sealed', aggregateId: String(block), payload }]);
    return true;
  }

  #hashes(tx: Queries, nodes: readonly Node[]): Promise<Buffer[]> {
    return nodeHashes(tx, nodes);
  }
}

/** The hashes of complete subtrees, in the order in which they are asked for. */
export async function nodeHashes(db: Queries, nodes: readonly Node[]): Promise<Buffer[]> {
  if (nodes.length === 0) return [];
  const rows = await db.many(statements.nodes, {
    levels: `{${nodes.map(({ level }) => level).join(',')}}`,
    ns: `{${nodes.map(({ n }) => n).join(',')}}`,
  });
  const byNode = new Map(rows.map(({ level, n, hash }) => [`${level}/${n}`, hash]));
  return nodes.map(({ level, n }) => {
    const hash = byNode.get(`${level}/${n}`);
    if (!hash) throw new InternalError('tree-gap', `the tree over the blocks has no node ${level}/${n}`, { level, n });
    return hash;
  });
}
