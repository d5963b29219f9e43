import { type AdapterContext, arrayLiteral, queryBuilder, refusal, statement } from '@tse/core';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { ExportRepository } from '../exports/exports.repository.ts';
import type { Tables } from '../schema.ts';
import { leafColumns } from '../trail/leaf.ts';
import { leafHashText, toTrailEvent } from '../trail/trail-rows.ts';
import type { AnchorSink } from './anchor-sink.ts';
import type { BlockRepository } from './blocks.repository.ts';
import type { BundledTrail, ExportBundle, exportBundle } from './blocks.ts';
import { type BundleEvent, BundleWriter } from './bundle.ts';

const db = queryBuilder<Tables>();

const statements = {
  events: statement('audit.bundle.events', 'read', (p: { first: number; last: number }) =>
    db
      .selectFrom('events')
      .select(leafColumns)
      .select(leafHashText)
      .where('position', '>=', p.first)
      .where('position', '<=', p.last)
      .orderBy('position'),
  ),
  range: statement(
    'audit.bundle.range',
    'read',
    (p: { from: string | undefined; to: string | undefined; first: number; last: number }) =>
      db
        .selectFrom('blocks')
        .select([
          sql<number | null>`min(n)`.as('first_block'),
          sql<number | null>`max(n)`.as('last_block'),
          sql<number | null>`(select max(last_block) from segments)`.as('archived'),
        ])
        .where(sql<boolean>`last_recorded_at >= coalesce(${p.from}::timestamptz, '-infinity')`)
        .where(sql<boolean>`first_recorded_at < coalesce(${p.to}::timestamptz, 'infinity')`)
        .where('last_position', '>=', p.first)
        .where('first_position', '<=', p.last),
  ),
  /** Blocks that have an event of the flow: the others need not be looked at. */
  flow: statement('audit.bundle.flow', 'read', (p: { correlations: string }) =>
    db
      .selectFrom('events')
      .select('position')
      .where('correlation_id', '=', sql<string>`any(${p.correlations}::text[])`)
      .orderBy(sql`position + 0`),
  ),
};

type Query = z.output<typeof exportBundle>;
type Row = NonNullable<(typeof statements.events)['row']>;

/** Writes bundles: what `verifyBundle` checks without a database. */
export class BundleRepository {
  readonly #context: AdapterContext;
  readonly #blocks: BlockRepository;
  readonly #sinks: readonly AnchorSink[];
  readonly #exports: ExportRepository;

  constructor(
    context: AdapterContext,
    blocks: BlockRepository,
    sinks: readonly AnchorSink[],
    exports: ExportRepository,
  ) {
    this.#context = context;
    this.#blocks = blocks;
    this.#sinks = sinks;
    this.#exports = exports;
  }

  /** The lines one by one; the generator's result says what they hold. */
  async *lines(query: Query, given: ExportBundle, signal?: AbortSignal): AsyncGenerator<string, BundledTrail> {
    const { pg, clock, identity } = this.#context;
    const newest = await this.#blocks.seal();
    const verification = await this.#blocks.verify({}, { signal });
    const writer = new BundleWriter();
    const treeSize = newest?.block ?? 0;
    const anchors = [];
    for (const sink of this.#sinks)
      for (const anchor of await sink.read())
        if (anchor.trail === identity.schema && anchor.block <= treeSize) anchors.push({ ...anchor, sink: sink.name });
    const treeRoot = newest?.treeRoot ?? '';
    yield writer.line({
      kind: 'bundle',
      version: 1,
      trail: identity.schema,
      query: given,
      exportedAt: clock.now(),
      treeSize,
      treeRoot,
      anchors,
    });

    const { from, to, firstPosition = 1, lastPosition = Number.MAX_SAFE_INTEGER } = query;
    const range = await pg.one(statements.range, { from, to, first: firstPosition, last: lastPosition });
    const wanted = await this.#wantedPositions(query);
    let events = 0;
    let blocks = 0;
    for (let n = range.first_block ?? 1; n <= Math.min(range.last_block ?? 0, treeSize); n += 1) {
      signal?.throwIfAborted();
      const block = (await this.#blocks.find(n))!;
      if (wanted && !wanted.some((position) => position >= block.firstPosition && position <= block.lastPosition))
        continue;
      const rows = await pg.many(statements.events, { first: block.firstPosition, last: block.lastPosition });
      if (rows.length === 0 && n <= (range.archived ?? 0)) throw refusal('archived', { block: n });
      const chosen = rows.filter((row) => isWanted(query, row));
      if (chosen.length === 0) continue;
      const others = rows.filter((row) => !isWanted(query, row));
      const { treeRoot: _, ...header } = block;
      yield writer.line({
        kind: 'block',
        ...header,
        treePath: await this.#blocks.treePath(n, treeSize),
        otherLeaves: Object.fromEntries(others.map((row) => [row.position, row.leaf_hash_text])),
      });
      for (const row of chosen) yield writer.line(toBundleEvent(row));
      events += chosen.length;
      blocks += 1;
    }
    const { position } = verification;
    yield writer.line({ kind: 'report', events, blocks, position, verification });
    const { line, sha256 } = writer.end();
    // Before the last line: a bundle without one is none, and one with it is known.
    const exported = { watermark: position, events, sha256, verified: verification.ok };
    await this.#exports.record({ exportId: this.#context.ids.next(), query: given, ...exported });
    yield line;
    return { events, blocks, watermark: position, verified: verification.ok, sha256, treeSize, treeRoot };
  }

  async #wantedPositions({ correlationId }: Query): Promise<number[] | undefined> {
    if (correlationId === undefined) return undefined;
    const rows = await this.#context.pg.many(statements.flow, { correlations: arrayLiteral([correlationId]) });
    return rows.map(({ position }) => position);
  }
}

const isWanted = (query: Query, row: Row): boolean =>
  (query.from === undefined || row.recorded_at >= query.from) &&
  (query.to === undefined || row.recorded_at < query.to) &&
  (query.firstPosition === undefined || row.position >= query.firstPosition) &&
  (query.lastPosition === undefined || row.position <= query.lastPosition) &&
  (query.source === undefined || row.source === query.source) &&
  (query.correlationId === undefined || row.correlation_id === query.correlationId);

function toBundleEvent(row: Row): BundleEvent {
  const { payload: _, leafHash: __, ...event } = toTrailEvent(row);
  return { kind: 'event', ...event };
}
