import {
  type AdapterContext,
  type CallOptions,
  type Listing,
  arrayLiteral,
  contextLiteral,
  idInput,
  instant,
  listing,
  operation,
  queryBuilder,
  refusal,
  requestHash,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import { type Outcome, columns, statements, toFault } from './fault-statements.ts';
import { type FaultState, faultStates, isActive } from './fault-states.ts';
import {
  type ConfirmFault,
  type DetectFault,
  type Fault,
  type FaultEvent,
  type Faults,
  type InjectFault,
  type ListFaults,
  type PlanFault,
  type RecoveryStatistics,
  type UndoFault,
  confirmFault,
  detectFault,
  injectFault,
  listFaults,
  planFault,
  undoFault,
} from './faults.ts';

const db = queryBuilder<Tables>();
/** Until a target that was told to undo is told again, and how often it is. */
const RETRY_MS = 5000;
const MOST_ATTEMPTS = 10;

const byId = z.strictObject({ faultId: idInput });
const nothing = z.strictObject({});
const operations = {
  plan: operation('test-coordinator.faults.plan', planFault, (input) => input.faultId),
  inject: operation('test-coordinator.faults.inject', injectFault, (input) => input.faultId),
  confirm: operation('test-coordinator.faults.confirm', confirmFault, (input) => input.faultId),
  undo: operation('test-coordinator.faults.undo', undoFault, (input) => input.faultId),
  detect: operation('test-coordinator.faults.detect', detectFault, (input) => input.faultId),
  find: operation('test-coordinator.faults.find', byId),
  get: operation('test-coordinator.faults.get', byId),
  list: operation('test-coordinator.faults.list', listFaults),
  listEvents: operation('test-coordinator.faults.listEvents', byId),
  recoveryStatistics: operation('test-coordinator.faults.recoveryStatistics', nothing),
};

export class FaultRepository implements Faults {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  plan(input: PlanFault, options?: CallOptions): Promise<Fault> {
    return this.#context.run(operations.plan, input, options, async ({ faultId, ...fault }) => {
      const id = faultId ?? this.#context.ids.next();
      const { runId, fence, path, target, kind, params, undo, mustEndBy } = fault;
      const answer = await this.#context.pg.one(statements.plan, {
        id,
        runId,
        fence,
        path,
        target,
        kind,
        params: JSON.stringify(params),
        undo: JSON.stringify(undo),
        mustEndBy,
        requestHash: requestHash(runId, path, target, kind, params, undo, mustEndBy),
        ...this.#write(),
      });
      return this.#changed(answer.outcome, id, { runId });
    });
  }

  inject(input: InjectFault, options?: CallOptions): Promise<Fault> {
    return this.#context.run(operations.inject, input, options, (given) =>
      this.#change({ ...given, state: 'injecting' }),
    );
  }

  confirm(input: ConfirmFault, options?: CallOptions): Promise<Fault> {
    return this.#context.run(operations.confirm, input, options, (given) => this.#change(given));
  }

  undo(input: UndoFault, options?: CallOptions): Promise<Fault> {
    return this.#context.run(operations.undo, input, options, async ({ faultId, fence, reason }) => {
      const { state } = await this.#get(faultId);
      return this.#change({
        faultId,
        fence,
        reason,
        state: state === 'planned' || state === 'withdrawn' ? 'withdrawn' : state === 'undone' ? 'undone' : 'undoing',
      });
    });
  }

  detect(input: DetectFault, options?: CallOptions): Promise<Fault> {
    return this.#context.run(operations.detect, input, options, async ({ faultId, at = this.#context.clock.now() }) => {
      const answer = await this.#context.pg.one(statements.detect, { faultId, at });
      return this.#changed(answer.outcome, faultId);
    });
  }

  find(faultId: string, options?: CallOptions): Promise<Fault | undefined> {
    return this.#context.run(operations.find, { faultId }, options, (input) => this.#find(input.faultId));
  }

  get(faultId: string, options?: CallOptions): Promise<Fault> {
    return this.#context.run(operations.get, { faultId }, options, (input) => this.#get(input.faultId));
  }

  list(input: ListFaults = {}, options?: CallOptions): Listing<Fault> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async ({ runId, target, kind, state, cursor, limit }) => {
        let query = db
          .selectFrom('faults')
          .select(columns)
          .orderBy('id')
          .limit(limit + 1);
        if (runId !== undefined) query = query.where('run_id', '=', runId);
        if (target !== undefined) query = query.where('target', '=', target);
        if (kind !== undefined) query = query.where('kind', '=', kind);
        if (state !== undefined) query = query.where(sql<boolean>`state = any (${arrayLiteral(state)}::text[])`);
        if (cursor) query = query.where('id', '>', cursor[0]);
        const rows = await this.#context.pg.query('test-coordinator.faults.list', 'read', query);
        return toPage(rows.map(toFault), limit, (fault) => [fault.faultId]);
      }),
    );
  }

  listActive(options?: CallOptions): Listing<Fault> {
    return this.list({ state: faultStates.filter(isActive) }, options);
  }

  listEvents(faultId: string, options?: CallOptions): Promise<FaultEvent[]> {
    return this.#context.run(operations.listEvents, { faultId }, options, async (input) => {
      const rows = await this.#context.pg.many(statements.listEvents, input);
      return rows.map((row) => ({
        version: row.version,
        state: row.state,
        ...(row.reason !== null && { reason: row.reason }),
        occurredAt: row.occurred_at,
      }));
    });
  }

  recoveryStatistics(options?: CallOptions): Promise<RecoveryStatistics[]> {
    return this.#context.run(operations.recoveryStatistics, {}, options, async () => {
      const rows = await this.#context.pg.many(statements.statistics, {});
      return rows.map(({ kind, faults, detection, detection95, recovery, recovery95 }) => ({
        kind,
        faults,
        ...(detection !== null && { averageDetectionMs: detection }),
        ...(detection95 !== null && { p95DetectionMs: detection95 }),
        ...(recovery !== null && { averageRecoveryMs: recovery }),
        ...(recovery95 !== null && { p95RecoveryMs: recovery95 }),
      }));
    });
  }

  /** Has what must be over undone, at most `limit` faults; answers how many. For the worker. */
  async reap(limit: number): Promise<number> {
    const rows = await this.#context.pg.many(statements.reap, {
      at: this.#context.clock.now(),
      limit,
      retryAfter: `${RETRY_MS} milliseconds`,
      mostAttempts: MOST_ATTEMPTS,
      eventIds: arrayLiteral(Array.from({ length: limit }, () => this.#context.ids.next())),
      context: contextLiteral(),
    });
    return rows.length;
  }

  async #change(given: {
    faultId: string;
    fence?: number;
    state: FaultState;
    reason?: string | undefined;
    dataLossCount?: number | undefined;
  }): Promise<Fault> {
    const { faultId, fence, state, reason, dataLossCount } = given;
    const write = this.#write();
    const answer = await this.#context.pg.one(statements.change, {
      faultId,
      fence,
      state,
      reason,
      undoAfter: instant.plusMillis(write.at, RETRY_MS),
      dataLossCount,
      ...write,
    });
    return this.#changed(answer.outcome, faultId, { state });
  }

  #write() {
    return { at: this.#context.clock.now(), eventId: this.#context.ids.next(), context: contextLiteral() };
  }

  async #changed(answer: Outcome, faultId: string, details: Record<string, string> = {}): Promise<Fault> {
    if (answer !== 'ok' && answer !== 'same')
      throw refusal(answer, { faultId, ...details }, { 'must-end-in-future': 'mustEndBy' });
    return this.#get(faultId);
  }

  async #find(faultId: string): Promise<Fault | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id: faultId });
    return row && toFault(row);
  }

  async #get(faultId: string): Promise<Fault> {
    const fault = await this.#find(faultId);
    if (!fault) throw refusal('unknown-fault', { faultId });
    return fault;
  }
}
