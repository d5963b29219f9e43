import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AdapterContext,
  type CallOptions,
  ConflictError,
  type Instant,
  type Leases,
  type Listing,
  currentContext,
  listing,
  operation,
  queryBuilder,
  refusal,
  toPage,
} from '@tse/core';
import type { Tables } from '../schema.ts';
import { leafColumns } from '../trail/leaf.ts';
import type { OwnEvents } from '../trail/own-events.repository.ts';
import { walkRows } from '../trail/walk-rows.ts';
import {
  type ArchiveTrail,
  type ListPolicies,
  type ListSegments,
  type Retention,
  type RetentionPolicy,
  type Segment,
  type SetPolicy,
  archiveTrail,
  listPolicies,
  listSegments,
  setPolicy,
} from './retention.ts';
import { statements } from './retention-statements.ts';

const db = queryBuilder<Tables>();

const segmentColumns = [
  'first_position',
  'last_position',
  'first_block',
  'last_block',
  'archive',
  'archive_bytes',
  'archive_sha256',
  'archived_at',
] as const;

const operations = {
  setPolicy: operation('audit.retention.setPolicy', setPolicy, ({ version }) => String(version)),
  listPolicies: operation('audit.retention.listPolicies', listPolicies),
  listSegments: operation('audit.retention.listSegments', listSegments),
  archive: operation('audit.retention.archive', archiveTrail),
};

export class RetentionRepository implements Retention {
  readonly #context: AdapterContext;
  readonly #own: OwnEvents;
  readonly #leases: Leases;
  readonly #folder: string | undefined;

  constructor(context: AdapterContext, parts: { own: OwnEvents; leases: Leases; archiveFolder: string | undefined }) {
    this.#context = context;
    this.#own = parts.own;
    this.#leases = parts.leases;
    this.#folder = parts.archiveFolder;
  }

  setPolicy(input: SetPolicy, options?: CallOptions): Promise<RetentionPolicy> {
    return this.#context.run(operations.setPolicy, input, options, async ({ version, keepDays, reason }) => {
      const { pg } = this.#context;
      await this.#own.ensureRoom();
      await pg.transaction('audit.retention.set-policy', async (tx) => {
        const given = { version, keepDays: keepDays ?? null, reason, actor: currentContext().actor ?? null };
        if ((await tx.run(statements.setPolicy, given)) === 0) return;
        const payload = { version: version + 1, ...(keepDays !== undefined && { keepDays }), reason };
        await this.#own.append(tx, [
          { type: 'retention.changed', aggregateId: 'policy', aggregateVersion: version + 1, payload },
        ]);
      });
      const found = await pg.maybe(statements.newestPolicy, undefined);
      // The same again answers the first result; another one came between.
      const isSame =
        found?.version === version + 1 && found.keep_days === (keepDays ?? null) && found.reason === reason;
      if (!isSame) throw refusal('stale-version', { version: found?.version ?? 0 });
      return toPolicy(found);
    });
  }

  listPolicies(input: ListPolicies = {}, options?: CallOptions): Listing<RetentionPolicy> {
    return listing(input, (page) =>
      this.#context.run(operations.listPolicies, page, options, async ({ cursor: after, limit }) => {
        let query = db
          .selectFrom('retention_policies')
          .select(['version', 'keep_days', 'reason', 'actor', 'recorded_at'])
          .orderBy('version', 'desc')
          .limit(limit + 1);
        if (after) query = query.where('version', '<', after[0]);
        const rows = await this.#context.pg.query('audit.retention.listPolicies', 'read', query);
        return toPage(rows.map(toPolicy), limit, ({ version }) => [version]);
      }),
    );
  }

  listSegments(input: ListSegments = {}, options?: CallOptions): Listing<Segment> {
    return listing(input, (page) =>
      this.#context.run(operations.listSegments, page, options, async ({ cursor: after, limit }) => {
        let query = db
          .selectFrom('segments')
          .select(segmentColumns)
          .orderBy('first_position')
          .limit(limit + 1);
        if (after) query = query.where('first_position', '>', after[0]);
        const rows = await this.#context.pg.query('audit.retention.listSegments', 'read', query);
        return toPage(rows.map(toSegment), limit, ({ firstPosition }) => [firstPosition]);
      }),
    );
  }

  archive(input: ArchiveTrail, options?: CallOptions): Promise<Segment[]> {
    return this.#context.run(operations.archive, input, options, ({ lastPosition }) => {
      if (this.#folder === undefined) throw refusal('no-archive-folder');
      return this.#archiveUpTo(lastPosition, this.#folder);
    });
  }

  /** What the policy lets go. */
  async archiveDue(): Promise<number> {
    if (this.#folder === undefined) return 0;
    const { last_position: last } = await this.#context.pg.one(statements.due, undefined);
    return last === null ? 0 : (await this.#archiveUpTo(last, this.#folder)).length;
  }

  async #archiveUpTo(lastPosition: number, folder: string): Promise<Segment[]> {
    const { pg } = this.#context;
    // Of all processes one archives: the file is written once.
    await using _ = await this.#leases.hold('retention');
    const archived: number[] = [];
    for (;;) {
      const oldest = await pg.maybe(statements.oldest, undefined);
      if (!oldest || oldest.last_position > lastPosition) break;
      // Where a process died after its row was written, the partition alone is left to go.
      if (oldest.archive === null) await this.#write(oldest, folder);
      await pg.one(statements.retire, { partition: oldest.partition_name });
      archived.push(oldest.lower_position);
    }
    if (archived.length === 0) return [];
    const rows = await pg.query(
      'audit.retention.archived',
      'read',
      db
        .selectFrom('segments')
        .select(segmentColumns)
        .where('first_position', 'in', archived)
        .orderBy('first_position'),
    );
    return rows.map(toSegment);
  }

  async #write(oldest: NonNullable<(typeof statements.oldest)['row']>, folder: string): Promise<void> {
    const { pg, identity } = this.#context;
    const { lower_position: first, last_position: last } = oldest;
    const archive = `${identity.schema}-${first}-${last}.trail`;
    const sourceSeqs = await this.#seqsBefore();
    await mkdir(folder, { recursive: true });
    const written = await this.#copy(first, last, join(folder, archive), sourceSeqs);
    await this.#own.ensureRoom();
    await pg.transaction('audit.retention.archive', async (tx) => {
      const segment = {
        firstPosition: first,
        lastPosition: last,
        firstBlock: oldest.first_block,
        lastBlock: oldest.last_block,
        archive,
        ...written,
      };
      const inserted = await tx.run(statements.insert, {
        ...segment,
        partition: oldest.partition_name,
        sourceSeqs: JSON.stringify(Object.fromEntries(sourceSeqs)),
        at: this.#context.clock.now(),
      });
      if (inserted > 0)
        await this.#own.append(tx, [{ type: 'segment.archived', aggregateId: String(first), payload: segment }]);
    });
  }

  /** Where each source's numbers stand before the oldest partition. */
  async #seqsBefore(): Promise<Map<string, number>> {
    const { pg } = this.#context;
    const before = await pg.maybe(statements.lastSeqs, undefined);
    const starts = await pg.many(statements.starts, undefined);
    return new Map([
      ...starts.map(({ id, start_after: start }) => [id, start] as const),
      ...Object.entries((before?.source_seqs ?? {}) as Record<string, number>),
    ]);
  }

  /** The file is there as a whole, on the disk and right, or not at all. */
  async #copy(
    first: number,
    last: number,
    path: string,
    sourceSeqs: Map<string, number>,
  ): Promise<{ archiveBytes: number; archiveSha256: string }> {
    const sha256 = createHash('sha256');
    let archiveBytes = 0;
    const part = `${path}.part`;
    const file = await open(part, 'w', 0o640);
    try {
      const copy = `copy (select ${leafColumns.join(', ')}, leaf_hash from events where position between ${first} and ${last} order by position) to stdout (format binary)`;
      const changed: number[] = [];
      const walk = (chunks: AsyncIterable<Buffer>) => {
        const kept = (async function* () {
          for await (const chunk of chunks) {
            sha256.update(chunk);
            archiveBytes += chunk.length;
            await file.appendFile(chunk);
            yield chunk;
          }
        })();
        return walkRows(kept, ({ position, leaf, storedLeaf, source, sourceSeq }) => {
          if (leaf !== storedLeaf) changed.push(position);
          if (sourceSeq !== undefined) sourceSeqs.set(source, sourceSeq);
        });
      };
      const rows = await this.#context.pg.copyOut('audit.retention.rows', copy, walk, { long: true });
      if (changed.length > 0 || rows !== last - first + 1) {
        const what =
          changed.length > 0
            ? `the event at ${changed[0]} was changed`
            : `${rows} of the events ${first} to ${last} are there`;
        throw new ConflictError('trail-changed', `${what}: nothing is archived`, {
          firstPosition: first,
          lastPosition: last,
        });
      }
      await file.sync();
    } catch (error) {
      await file.close();
      await rm(part, { force: true });
      throw error;
    }
    await file.close();
    await rename(part, path);
    return { archiveBytes, archiveSha256: sha256.digest('hex') };
  }
}

interface SegmentRow {
  first_position: number;
  last_position: number;
  first_block: number;
  last_block: number;
  archive: string;
  archive_bytes: number;
  archive_sha256: string;
  archived_at: Instant;
}

const toSegment = (row: SegmentRow): Segment => ({
  firstPosition: row.first_position,
  lastPosition: row.last_position,
  firstBlock: row.first_block,
  lastBlock: row.last_block,
  archive: row.archive,
  archiveBytes: row.archive_bytes,
  archiveSha256: row.archive_sha256,
  archivedAt: row.archived_at,
});

const toPolicy = (row: NonNullable<(typeof statements.newestPolicy)['row']>): RetentionPolicy => ({
  version: row.version,
  ...(row.keep_days !== null && { keepDays: row.keep_days }),
  reason: row.reason,
  ...(row.actor !== null && { actor: row.actor }),
  recordedAt: row.recorded_at,
});
