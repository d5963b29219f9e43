import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  answers,
  contextLiteral,
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
import { present } from '../present.ts';
import type { Tables } from '../schema.ts';
import {
  type DecideSignal,
  type ListSignals,
  type RecordSignal,
  type Signal,
  type SignalCount,
  type SignalRefusal,
  type Signals,
  decideSignal,
  listSignals,
  recordSignal,
} from './signals.ts';

const db = queryBuilder<Tables>();

const columns = [
  'id',
  'deployment_id',
  'symbol',
  'bar_at',
  'action',
  'qty',
  'price',
  'tag',
  'outcome',
  'reason',
  'check_id',
  'version',
  'signaled_at',
  'decided_at',
] as const;

type Outcome = SignalRefusal | 'ok' | 'same';

const statements = {
  record: functionCall(
    'trading.signals.record',
    'write',
    'record_signal',
    [
      'id',
      'deploymentId',
      'epoch',
      'symbol',
      'barAt',
      'action',
      'quantity',
      'price',
      'tag',
      'outcome',
      'reason',
      'riskCheckId',
      'requestHash',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome }>(),
  ),
  decide: functionCall(
    'trading.signals.decide',
    'write',
    'decide_signal',
    ['id', 'outcome', 'reason', 'riskCheckId', 'at', 'eventId', 'context'],
    answers<{ outcome: Outcome }>(),
  ),
  find: statement('trading.signals.find', 'read', (p: { id: string }) =>
    db.selectFrom('signals').select(columns).where('id', '=', p.id),
  ),
  count: statement('trading.signals.count', 'replica', (p: { deploymentId: string }) =>
    db
      .selectFrom('signals')
      .select(['outcome', 'reason', sql<number>`count(*)`.as('signals')])
      .where('deployment_id', '=', p.deploymentId)
      .groupBy(['outcome', 'reason'])
      .orderBy('outcome')
      .orderBy('reason'),
  ),
};

const one = z.strictObject({ signalId: idInput });
const operations = {
  record: operation('trading.signals.record', recordSignal, (input) => input.signalId),
  decide: operation('trading.signals.decide', decideSignal, (input) => input.signalId),
  find: operation('trading.signals.find', one),
  get: operation('trading.signals.get', one),
  list: operation('trading.signals.list', listSignals),
  count: operation('trading.signals.count', z.strictObject({ deploymentId: idInput })),
};

export class SignalRepository implements Signals {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  record(input: RecordSignal, options?: CallOptions): Promise<Signal> {
    return this.#context.run(operations.record, input, options, async ({ signalId, ...signal }) => {
      const { epoch: _epoch, ...content } = signal;
      const id = signalId ?? this.#context.ids.next();
      const { outcome } = await this.#context.pg.one(statements.record, {
        id,
        deploymentId: signal.deploymentId,
        epoch: signal.epoch,
        symbol: signal.symbol,
        barAt: signal.barAt,
        action: signal.action,
        quantity: signal.quantity,
        price: signal.price,
        tag: signal.tag,
        outcome: signal.outcome,
        reason: signal.reason,
        riskCheckId: signal.riskCheckId,
        requestHash: requestHash(content),
        ...this.#stamp(),
      });
      return this.#answer(outcome, id);
    });
  }

  decide(input: DecideSignal, options?: CallOptions): Promise<Signal> {
    return this.#context.run(operations.decide, input, options, async (decision) => {
      const { outcome } = await this.#context.pg.one(statements.decide, {
        id: decision.signalId,
        outcome: decision.outcome,
        reason: decision.reason,
        riskCheckId: decision.riskCheckId,
        ...this.#stamp(),
      });
      return this.#answer(outcome, decision.signalId);
    });
  }

  find(signalId: string, options?: CallOptions): Promise<Signal | undefined> {
    return this.#context.run(operations.find, { signalId }, options, (input) => this.#find(input.signalId));
  }

  get(signalId: string, options?: CallOptions): Promise<Signal> {
    return this.#context.run(operations.get, { signalId }, options, (input) => this.#load(input.signalId));
  }

  list(input: ListSignals, options?: CallOptions): Listing<Signal> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const { deploymentId, symbol, outcome, reason, from, to, cursor, limit } = given;
        let query = db
          .selectFrom('signals')
          .select(columns)
          .where('deployment_id', '=', deploymentId)
          .orderBy('signaled_at')
          .orderBy('id')
          .limit(limit + 1);
        if (symbol !== undefined) query = query.where('symbol', '=', symbol);
        if (outcome !== undefined) query = query.where('outcome', '=', outcome);
        if (reason !== undefined) query = query.where('reason', '=', reason);
        if (from !== undefined) query = query.where('signaled_at', '>=', from);
        if (to !== undefined) query = query.where('signaled_at', '<', to);
        if (cursor) query = query.where(sql<boolean>`(signaled_at, id) > (${cursor[0]}::timestamptz, ${cursor[1]})`);
        const rows = await this.#context.pg.query('trading.signals.list', 'replica', query);
        return toPage(rows.map(toSignal), limit, ({ signaledAt, id }) => [signaledAt, id]);
      }),
    );
  }

  count(deploymentId: string, options?: CallOptions): Promise<SignalCount[]> {
    return this.#context.run(operations.count, { deploymentId }, options, async (input) =>
      (await this.#context.pg.many(statements.count, input)).map(present),
    );
  }

  #stamp() {
    const { clock, ids } = this.#context;
    return { at: clock.now(), eventId: ids.next(), context: contextLiteral() };
  }

  async #find(id: string): Promise<Signal | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toSignal(row);
  }

  async #load(signalId: string): Promise<Signal> {
    const signal = await this.#find(signalId);
    if (!signal) throw refusal('unknown-signal', { signalId });
    return signal;
  }

  #answer(outcome: Outcome, signalId: string): Promise<Signal> {
    if (outcome !== 'ok' && outcome !== 'same') throw refusal(outcome, { signalId });
    return this.#load(signalId);
  }
}

const toSignal = (row: NonNullable<(typeof statements.find)['row']>): Signal =>
  present({
    id: row.id,
    deploymentId: row.deployment_id,
    symbol: row.symbol,
    barAt: row.bar_at,
    action: row.action,
    quantity: row.qty,
    price: row.price,
    tag: row.tag,
    outcome: row.outcome,
    reason: row.reason,
    riskCheckId: row.check_id,
    version: row.version,
    signaledAt: row.signaled_at,
    decidedAt: row.decided_at,
  });
