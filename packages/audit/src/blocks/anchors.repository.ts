import { type AdapterContext, type Instant, queryBuilder, statement } from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { OwnEvents } from '../trail/own-events.repository.ts';
import { type Anchor, type AnchorSink, fileAnchors } from './anchor-sink.ts';

const db = queryBuilder<Tables>();

const statements = {
  newest: statement('audit.anchors.newest', 'read', (p: { sink: string }) =>
    db
      .selectFrom('blocks as b')
      .select([
        'b.n',
        'b.last_position',
        sql<string>`encode(b.hash, 'hex')`.as('hash'),
        sql<string>`encode(b.tree_root, 'hex')`.as('tree_root'),
        sql<Instant>`clock_timestamp()`.as('now'),
      ])
      .where((e) =>
        e.not(
          e.exists(
            e.selectFrom('anchors as a').select('a.block').where('a.sink', '=', p.sink).whereRef('a.block', '=', 'b.n'),
          ),
        ),
      )
      .where('b.n', '=', (e) => e.selectFrom('block_head').select('n')),
  ),
  insert: statement(
    'audit.anchors.insert',
    'write',
    (p: { sink: string; block: number; treeRoot: string; at: string }) =>
      db
        .insertInto('anchors')
        .values({
          sink: p.sink,
          block: p.block,
          tree_root: sql`decode(${p.treeRoot}, 'hex')`,
          anchored_at: p.at as Instant,
        })
        .onConflict((c) => c.doNothing()),
  ),
};

/** Writes the newest block down in each sink. A block that was not anchored itself is under the tree's root of a later one. */
export class AnchorRepository {
  readonly sinks: readonly AnchorSink[];
  readonly #context: AdapterContext;
  readonly #own: OwnEvents;

  constructor(context: AdapterContext, own: OwnEvents, sinks: readonly (AnchorSink | string)[]) {
    this.#context = context;
    this.#own = own;
    this.sinks = sinks.map((sink) => (typeof sink === 'string' ? fileAnchors(sink) : sink));
  }

  /** Answers how many anchors it wrote. First outside, then in the database: what the database says is anchored, is. */
  async anchorNewest(): Promise<number> {
    let written = 0;
    for (const sink of this.sinks) {
      const block = await this.#context.pg.maybe(statements.newest, { sink: sink.name });
      if (!block) continue;
      const anchor: Anchor = {
        trail: this.#context.identity.schema,
        block: block.n,
        lastPosition: block.last_position,
        hash: block.hash,
        treeRoot: block.tree_root,
        anchoredAt: block.now,
      };
      await sink.write(anchor);
      await this.#note(sink, anchor);
      written += 1;
    }
    return written;
  }

  async #note(sink: AnchorSink, { block, lastPosition, treeRoot, anchoredAt }: Anchor): Promise<void> {
    await this.#own.ensureRoom();
    await this.#context.pg.transaction('audit.anchors.note', async (tx) => {
      const inserted = await tx.run(statements.insert, { sink: sink.name, block, treeRoot, at: anchoredAt });
      if (inserted === 0) return;
      const payload = { sink: sink.name, block, lastPosition, treeRoot };
      await this.#own.append(tx, [
        { type: 'anchor.written', aggregateId: `${block}/${sink.name}`.slice(0, 200), payload },
      ]);
    });
  }
}
