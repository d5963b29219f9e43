import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  answers,
  contextLiteral,
  functionCall,
  listing,
  operation,
  queryBuilder,
  refusal,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import {
  type InvariantRefusal,
  type InvariantResult,
  type Invariants,
  type ListInvariants,
  type ListOperations,
  type Operation,
  type RecordInvariant,
  type RecordOperations,
  listInvariants,
  listOperations,
  recordInvariant,
  recordOperations,
} from './invariants.ts';

const db = queryBuilder<Tables>();
type Outcome = InvariantRefusal | 'ok' | 'same';

const statements = {
  record: functionCall(
    'test-coordinator.invariants.record',
    'write',
    'record_invariant',
    [
      'runId',
      'fence',
      'name',
      'phase',
      'severity',
      'passed',
      'compared',
      'watermark',
      'samples',
      'at',
      'eventId',
      'context',
    ],
    answers<{ outcome: Outcome; n: number | null }>(),
  ),
  recordOperations: functionCall(
    'test-coordinator.invariants.recordOperations',
    'write',
    'record_operations',
    ['runId', 'fence', 'after', 'operations', 'at'],
    answers<{ outcome: Outcome; last_n: number }>(),
  ),
};

const operations = {
  record: operation('test-coordinator.invariants.record', recordInvariant, (input) => input.runId),
  list: operation('test-coordinator.invariants.list', listInvariants),
  recordOperations: operation('test-coordinator.invariants.recordOperations', recordOperations, (input) => input.runId),
  listOperations: operation('test-coordinator.invariants.listOperations', listOperations),
};

export class InvariantRepository implements Invariants {
  readonly #context: AdapterContext;
  readonly #holds: (value: number, values: { invariant: string }) => void;

  constructor(context: AdapterContext) {
    this.#context = context;
    this.#holds = context.telemetry.gauge('test_invariant_holds', '1 where it held when it was last looked at', [
      'invariant',
    ]);
  }

  record(input: RecordInvariant, options?: CallOptions): Promise<InvariantResult> {
    return this.#context.run(operations.record, input, options, async ({ watermark, samples, fence, ...given }) => {
      const at = this.#context.clock.now();
      const { outcome, n } = await this.#context.pg.one(statements.record, {
        ...given,
        fence,
        watermark: JSON.stringify(watermark),
        samples: JSON.stringify(samples),
        at,
        eventId: this.#context.ids.next(),
        context: contextLiteral(),
      });
      if (outcome !== 'ok') throw refusal(outcome, { runId: given.runId, name: given.name });
      this.#holds(given.passed ? 1 : 0, { invariant: given.name });
      return { ...given, n: n!, watermark, samples, checkedAt: at };
    });
  }

  list(input: ListInvariants, options?: CallOptions): Listing<InvariantResult> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ runId, name, passed, cursor, limit }) => {
        let query = db
          .selectFrom('invariant_results')
          .select([
            'run_id',
            'name',
            'n',
            'phase',
            'severity',
            'passed',
            'compared',
            'watermark',
            'samples',
            'checked_at',
          ])
          .where('run_id', '=', runId)
          .orderBy('checked_at')
          .orderBy('name')
          .orderBy('n')
          .limit(limit + 1);
        if (name !== undefined) query = query.where('name', '=', name);
        if (passed !== undefined) query = query.where('passed', '=', passed);
        if (cursor)
          query = query.where(
            sql<boolean>`(checked_at, name, n) > (${cursor[0]}::timestamptz, ${cursor[1]}, ${cursor[2]}::bigint)`,
          );
        const rows = await this.#context.pg.query('test-coordinator.invariants.list', 'read', query);
        const items = rows.map(({ run_id, watermark, samples, checked_at, ...row }): InvariantResult => ({
          runId: run_id,
          ...row,
          watermark: watermark as Record<string, unknown>,
          samples: samples as unknown[],
          checkedAt: checked_at,
        }));
        return toPage(items, limit, (item) => [item.checkedAt, item.name, item.n]);
      }),
    );
  }

  recordOperations(input: RecordOperations, options?: CallOptions): Promise<number> {
    return this.#context.run(operations.recordOperations, input, options, async ({ operations: entries, ...given }) => {
      const { outcome, last_n: last } = await this.#context.pg.one(statements.recordOperations, {
        ...given,
        operations: JSON.stringify(entries),
        at: this.#context.clock.now(),
      });
      if (outcome !== 'ok' && outcome !== 'same')
        throw refusal(outcome, { runId: given.runId, after: given.after, last });
      return last;
    });
  }

  listOperations(input: ListOperations, options?: CallOptions): Listing<Operation & { n: number }> {
    return listing(input, (page) =>
      this.#context.run(operations.listOperations, page, options, async ({ runId, cursor, limit }) => {
        let query = db
          .selectFrom('operations')
          .select(['n', 'process', 'type', 'f', 'key', 'value', 'at'])
          .where('run_id', '=', runId)
          .orderBy('n')
          .limit(limit + 1);
        if (cursor) query = query.where(sql<boolean>`n > ${cursor[0]}::bigint`);
        const rows = await this.#context.pg.query('test-coordinator.invariants.listOperations', 'read', query);
        const items = rows.map(({ key, value, ...row }) => ({
          ...row,
          ...(key !== null && { key }),
          ...(value !== null && { value: value }),
        }));
        return toPage(items, limit, ({ n }) => [n]);
      }),
    );
  }
}
