import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  answers,
  currentContext,
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
import type { OwnEvents } from '../trail/own-events.repository.ts';
import {
  type Export,
  type ExportQuery,
  type ExportRefusal,
  type Exports,
  type ListExports,
  type RecordExport,
  listExports,
  recordExport,
} from './exports.ts';

const db = queryBuilder<Tables>();
const columns = [
  'export_id',
  'query',
  'watermark',
  'events',
  'sha256',
  'verified',
  'actor',
  'exported_at',
  'recorded_at',
] as const;

const statements = {
  record: functionCall(
    'audit.exports.record',
    'write',
    'record_export',
    ['exportId', 'query', 'watermark', 'events', 'sha256', 'verified', 'actor', 'at', 'requestHash'],
    answers<{ outcome: ExportRefusal | 'ok' | 'same' }>(),
  ),
  find: statement('audit.exports.find', 'read', (p: { exportId: string }) =>
    db.selectFrom('exports').select(columns).where('export_id', '=', p.exportId),
  ),
};

const operations = {
  record: operation('audit.exports.record', recordExport, ({ exportId }) => exportId),
  find: operation('audit.exports.find', z.strictObject({ exportId: idInput })),
  list: operation('audit.exports.list', listExports),
};

export class ExportRepository implements Exports {
  readonly #context: AdapterContext;
  readonly #own: OwnEvents;

  constructor(context: AdapterContext, own: OwnEvents) {
    this.#context = context;
    this.#own = own;
  }

  record(input: RecordExport, options?: CallOptions): Promise<Export> {
    return this.#context.run(operations.record, input, options, async (given) => {
      const { exportId, query, watermark, events, sha256, verified } = given;
      await this.#own.ensureRoom();
      return this.#context.pg.transaction('audit.exports.record', async (tx) => {
        const { outcome } = await tx.one(statements.record, {
          exportId,
          query: JSON.stringify(query),
          watermark,
          events,
          sha256,
          verified,
          actor: currentContext().actor,
          at: this.#context.clock.now(),
          requestHash: requestHash(query, watermark, events, sha256, verified),
        });
        if (outcome === 'id-conflict') throw refusal(outcome, { exportId });
        if (outcome === 'ok')
          await this.#own.append(tx, [
            {
              type: 'export.recorded',
              aggregateId: exportId,
              payload: { exportId, watermark, events, sha256, verified },
            },
          ]);
        return toExport(await tx.one(statements.find, { exportId }));
      });
    });
  }

  find(exportId: string, options?: CallOptions): Promise<Export | undefined> {
    return this.#context.run(operations.find, { exportId }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.find, input);
      return row && toExport(row);
    });
  }

  list(input: ListExports = {}, options?: CallOptions): Listing<Export> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ from, to, cursor: after, limit }) => {
        let query = db
          .selectFrom('exports')
          .select(columns)
          .orderBy('exported_at')
          .orderBy('export_id')
          .limit(limit + 1);
        if (from !== undefined) query = query.where('exported_at', '>=', from);
        if (to !== undefined) query = query.where('exported_at', '<', to);
        if (after)
          query = query.where(sql<boolean>`(exported_at, export_id) > (${after[0]}::timestamptz, ${after[1]})`);
        const rows = await this.#context.pg.query('audit.exports.list', 'replica', query);
        return toPage(rows.map(toExport), limit, (last) => [last.exportedAt, last.exportId]);
      }),
    );
  }
}

const toExport = (row: NonNullable<(typeof statements.find)['row']>): Export => ({
  exportId: row.export_id,
  query: row.query as ExportQuery,
  watermark: row.watermark,
  events: row.events,
  sha256: row.sha256,
  verified: row.verified,
  ...(row.actor !== null && { actor: row.actor }),
  exportedAt: row.exported_at,
  recordedAt: row.recorded_at,
});
