import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  answers,
  arrayLiteral,
  contextLiteral,
  functionCall,
  idInput,
  isAdapterError,
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
  type CancelNetting,
  type ListNetting,
  type NetObligation,
  type NetSettlements,
  type Netting,
  type NettingBatch,
  type NettingRefusal,
  cancelNetting,
  listNetting,
  netSettlements,
} from './netting.ts';

const db = queryBuilder<Tables>();

type Outcome = NettingRefusal | 'ok' | 'same';

const columns = [
  'id',
  'source',
  'intended_date',
  'cutoff_at',
  'input_hash',
  'instructions',
  'due_at',
  'status',
  'netted_at',
  'closed_at',
  'version',
] as const;
const obligations = sql<
  NetObligation[]
>`(select coalesce(jsonb_agg(jsonb_build_object('accountId', o.account_id, 'asset', o.asset,
  'amount', trim_scale(o.amount)::text) order by o.n), '[]') from net_obligations as o where o.batch_id = b.id)`.as(
  'obligations',
);

const statements = {
  net: functionCall(
    'custodian.netting.net',
    'write',
    'net_settlements',
    ['id', 'source', 'intendedDate', 'cutoffAt', 'requestHash', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  settle: functionCall(
    'custodian.netting.settle',
    'write',
    'settle_netting_batch',
    ['id', 'at', 'eventId', 'eventIds', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  cancel: functionCall(
    'custodian.netting.cancel',
    'write',
    'cancel_netting_batch',
    ['id', 'reason', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  find: statement('custodian.netting.find', 'read', (p: { id: string }) =>
    db.selectFrom('netting_batches as b').select(columns).select(obligations).where('b.id', '=', p.id),
  ),
  listDue: statement('custodian.netting.listDue', 'read', (p: { at: string }) =>
    db
      .selectFrom('netting_batches')
      .select('id')
      .where('status', '=', 'open')
      .where(sql<boolean>`due_at <= ${p.at}::timestamptz`)
      .orderBy('due_at')
      .orderBy('id')
      .limit(100),
  ),
};

const byId = z.strictObject({ nettingBatchId: idInput });
const operations = {
  net: operation('custodian.netting.net', netSettlements, (input) => input.nettingBatchId),
  settle: operation('custodian.netting.settle', byId, (input) => input.nettingBatchId),
  cancel: operation('custodian.netting.cancel', cancelNetting, (input) => input.nettingBatchId),
  find: operation('custodian.netting.find', byId),
  get: operation('custodian.netting.get', byId),
  list: operation('custodian.netting.list', listNetting),
};

export class NettingRepository implements Netting {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  net(input: NetSettlements, options?: CallOptions): Promise<NettingBatch> {
    return this.#context.run(operations.net, input, options, async (given) => {
      const { nettingBatchId, source, intendedDate, cutoffAt } = given;
      const { pg, ids, clock } = this.#context;
      const { outcome } = await pg.one(statements.net, {
        id: nettingBatchId,
        source,
        intendedDate,
        cutoffAt,
        requestHash: requestHash(source, intendedDate, cutoffAt),
        at: clock.now(),
        eventId: ids.next(),
        context: contextLiteral(),
      });
      return this.#answer(outcome, nettingBatchId);
    });
  }

  settle(nettingBatchId: string, options?: CallOptions): Promise<NettingBatch> {
    return this.#context.run(operations.settle, { nettingBatchId }, options, (input) =>
      this.#settle(input.nettingBatchId),
    );
  }

  cancel(input: CancelNetting, options?: CallOptions): Promise<NettingBatch> {
    return this.#context.run(operations.cancel, input, options, async ({ nettingBatchId, reason }) => {
      const { pg, ids, clock } = this.#context;
      const { outcome } = await pg.one(statements.cancel, {
        id: nettingBatchId,
        reason,
        at: clock.now(),
        eventId: ids.next(),
        context: contextLiteral(),
      });
      return this.#answer(outcome, nettingBatchId);
    });
  }

  find(nettingBatchId: string, options?: CallOptions): Promise<NettingBatch | undefined> {
    return this.#context.run(operations.find, { nettingBatchId }, options, (input) => this.#find(input.nettingBatchId));
  }

  get(nettingBatchId: string, options?: CallOptions): Promise<NettingBatch> {
    return this.#context.run(operations.get, { nettingBatchId }, options, (input) => this.#load(input.nettingBatchId));
  }

  list(input: ListNetting = {}, options?: CallOptions): Listing<NettingBatch> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        let query = db
          .selectFrom('netting_batches as b')
          .select(columns)
          .select(obligations)
          .orderBy('b.id')
          .limit(given.limit + 1);
        if (given.source !== undefined) query = query.where('b.source', '=', given.source);
        if (given.status !== undefined) query = query.where('b.status', '=', given.status);
        if (given.cursor) query = query.where('b.id', '>', given.cursor[0]);
        const rows = await this.#context.pg.query('custodian.netting.list', 'read', query);
        return toPage(rows.map(toBatch), given.limit, (batch) => [batch.nettingBatchId]);
      }),
    );
  }

  /** Settles the batches that are due; what cannot settle yet stays. Answers how many did. For the worker, and for a drain. */
  async settleDue(): Promise<number> {
    const due = await this.#context.pg.many(statements.listDue, { at: this.#context.clock.now() });
    let settled = 0;
    for (const { id } of due) {
      try {
        await this.#settle(id);
        settled += 1;
      } catch (error) {
        if (!isAdapterError(error) || error.kind !== 'conflict') throw error;
      }
    }
    return settled;
  }

  async #settle(id: string): Promise<NettingBatch> {
    const { pg, ids, clock } = this.#context;
    const { instructions } = await this.#load(id);
    const { outcome } = await pg.one(statements.settle, {
      id,
      at: clock.now(),
      eventId: ids.next(),
      eventIds: arrayLiteral(Array.from({ length: instructions }, () => ids.next())),
      context: contextLiteral(),
    });
    return this.#answer(outcome, id);
  }

  async #answer(outcome: Outcome, nettingBatchId: string): Promise<NettingBatch> {
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { nettingBatchId });
    return this.#load(nettingBatchId);
  }

  async #find(id: string): Promise<NettingBatch | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toBatch(row);
  }

  async #load(nettingBatchId: string): Promise<NettingBatch> {
    const batch = await this.#find(nettingBatchId);
    if (!batch) throw refusal('unknown-batch', { nettingBatchId });
    return batch;
  }
}

const toBatch = (row: NonNullable<(typeof statements.find)['row']>): NettingBatch => ({
  nettingBatchId: row.id,
  source: row.source,
  intendedDate: row.intended_date,
  cutoffAt: row.cutoff_at,
  inputHash: row.input_hash,
  instructions: row.instructions,
  dueAt: row.due_at,
  status: row.status,
  obligations: row.obligations,
  nettedAt: row.netted_at,
  ...(row.closed_at !== null && { closedAt: row.closed_at }),
  version: row.version,
});
