import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  answers,
  functionCall,
  idInput,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import {
  type DiffSnapshots,
  type ListSnapshots,
  type RecordSnapshot,
  type Snapshot,
  type SnapshotDifference,
  type SnapshotRefusal,
  type Snapshots,
  diffSnapshots,
  listSnapshots,
  recordSnapshot,
} from './snapshots.ts';

const db = queryBuilder<Tables>();
type Sums = Record<string, string>;

const statements = {
  record: functionCall(
    'test-coordinator.snapshots.record',
    'write',
    'record_snapshot',
    ['id', 'runId', 'fence', 'phase', 'watermarks', 'items', 'requestHash', 'at'],
    answers<{ outcome: SnapshotRefusal | 'ok' | 'same' }>(),
  ),
  find: statement('test-coordinator.snapshots.find', 'read', (p: { id: string }) =>
    db.selectFrom('snapshots').select(['id', 'run_id', 'phase', 'watermarks', 'taken_at']).where('id', '=', p.id),
  ),
  items: statement('test-coordinator.snapshots.items', 'read', (p: { id: string }) =>
    db
      .selectFrom('snapshot_items')
      .select(['schema_name', 'object', 'row_count', 'sums', 'checksum'])
      .where('snapshot_id', '=', p.id)
      .orderBy('schema_name')
      .orderBy('object'),
  ),
  diff: functionCall(
    'test-coordinator.snapshots.diff',
    'read',
    'diff_snapshots',
    ['before', 'after'],
    answers<{
      schema_name: string;
      object: string;
      change: SnapshotDifference['change'];
      rows_before: number | null;
      rows_after: number | null;
      sums_before: Sums | null;
      sums_after: Sums | null;
    }>(),
  ),
};

const byId = z.strictObject({ snapshotId: idInput });
const operations = {
  record: operation('test-coordinator.snapshots.record', recordSnapshot, (input) => input.snapshotId),
  find: operation('test-coordinator.snapshots.find', byId),
  get: operation('test-coordinator.snapshots.get', byId),
  list: operation('test-coordinator.snapshots.list', listSnapshots),
  diff: operation('test-coordinator.snapshots.diff', diffSnapshots),
};

export class SnapshotRepository implements Snapshots {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  record(input: RecordSnapshot, options?: CallOptions): Promise<Snapshot> {
    return this.#context.run(operations.record, input, options, async ({ snapshotId, ...given }) => {
      const id = snapshotId ?? this.#context.ids.next();
      const { runId, fence, phase, watermarks, items } = given;
      const { outcome } = await this.#context.pg.one(statements.record, {
        id,
        runId,
        fence,
        phase,
        watermarks: JSON.stringify(watermarks),
        items: JSON.stringify(items),
        requestHash: requestHash(runId, phase, watermarks, items),
        at: this.#context.clock.now(),
      });
      if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { snapshotId: id, runId });
      return this.#get(id);
    });
  }

  find(snapshotId: string, options?: CallOptions): Promise<Snapshot | undefined> {
    return this.#context.run(operations.find, { snapshotId }, options, (input) => this.#find(input.snapshotId));
  }

  get(snapshotId: string, options?: CallOptions): Promise<Snapshot> {
    return this.#context.run(operations.get, { snapshotId }, options, (input) => this.#get(input.snapshotId));
  }

  list(input: ListSnapshots, options?: CallOptions): Listing<Omit<Snapshot, 'items'>> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ runId, cursor, limit }) => {
        let query = db
          .selectFrom('snapshots')
          .select(['id', 'run_id', 'phase', 'watermarks', 'taken_at'])
          .where('run_id', '=', runId)
          .orderBy('taken_at')
          .orderBy('id')
          .limit(limit + 1);
        if (cursor) query = query.where(sql<boolean>`(taken_at, id) > (${cursor[0]}::timestamptz, ${cursor[1]})`);
        const rows = await this.#context.pg.query('test-coordinator.snapshots.list', 'read', query);
        return toPage(rows.map(toHead), limit, ({ takenAt, snapshotId }) => [takenAt, snapshotId]);
      }),
    );
  }

  diff(input: DiffSnapshots, options?: CallOptions): Promise<SnapshotDifference[]> {
    return this.#context.run(operations.diff, input, options, async ({ before, after }) => {
      for (const id of [before, after])
        if (!(await this.#context.pg.maybe(statements.find, { id })))
          throw refusal('unknown-snapshot', { snapshotId: id });
      const rows = await this.#context.pg.many(statements.diff, { before, after });
      return rows.map((row) => ({
        schema: row.schema_name,
        object: row.object,
        change: row.change,
        ...(row.rows_before !== null && { rowsBefore: row.rows_before, sumsBefore: row.sums_before! }),
        ...(row.rows_after !== null && { rowsAfter: row.rows_after, sumsAfter: row.sums_after! }),
      }));
    });
  }

  async #find(snapshotId: string): Promise<Snapshot | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id: snapshotId });
    if (!row) return undefined;
    const items = await this.#context.pg.many(statements.items, { id: snapshotId });
    return {
      ...toHead(row),
      items: items.map((item) => ({
        schema: item.schema_name,
        object: item.object,
        rows: item.row_count,
        sums: item.sums as Sums,
        checksum: item.checksum,
      })),
    };
  }

  async #get(snapshotId: string): Promise<Snapshot> {
    const snapshot = await this.#find(snapshotId);
    if (!snapshot) throw refusal('unknown-snapshot', { snapshotId });
    return snapshot;
  }
}

const toHead = (row: NonNullable<(typeof statements.find)['row']>): Omit<Snapshot, 'items'> => ({
  snapshotId: row.id,
  runId: row.run_id,
  phase: row.phase,
  watermarks: row.watermarks as Record<string, unknown>,
  takenAt: row.taken_at,
});
