import {
  type AdapterContext,
  type CallOptions,
  type Instant,
  type Listing,
  answers,
  arrayLiteral,
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
import type { AlertStore } from '../alerts/alerts.store.ts';
import type { Alert } from '../alerts/alerts.ts';
import type { Tables } from '../schema.ts';
import {
  type DefinePolicy,
  type EscalationPolicy,
  type EscalationState,
  type Escalations,
  type ListNotifications,
  type ListPolicies,
  type Notification,
  definePolicy,
  listNotifications,
  listPolicies,
} from './escalations.ts';

const db = queryBuilder<Tables>();

const policyColumns = ['id', 'steps', 'repeats', 'request_hash', 'defined_at'] as const;

const statements = {
  define: statement(
    'risk.escalations.definePolicy',
    'write',
    (p: { id: string; steps: string; repeats: number | null; requestHash: string; at: Instant }) =>
      db
        .insertInto('escalation_policies')
        .values({ id: p.id, steps: p.steps, repeats: p.repeats, request_hash: p.requestHash, defined_at: p.at })
        .onConflict((c) => c.column('id').doNothing()),
  ),
  find: statement('risk.escalations.findPolicy', 'read', (p: { id: string }) =>
    db.selectFrom('escalation_policies').select(policyColumns).where('id', '=', p.id),
  ),
  state: statement('risk.escalations.getState', 'read', (p: { alertId: string }) =>
    db.selectFrom('escalation_states').select(['step', 'round', 'next_at']).where('alert_id', '=', p.alertId),
  ),
  escalate: functionCall(
    'risk.escalations.escalate',
    'write',
    'escalate_alerts',
    ['at', 'eventIds', 'context'],
    answers<{ alerts: Alert[]; notified: number }>(),
  ),
};

const byId = z.strictObject({ policyId: idInput });
const operations = {
  escalate: operation('risk.escalations.escalate', z.strictObject({})),
  definePolicy: operation('risk.escalations.definePolicy', definePolicy, (input) => input.policyId),
  findPolicy: operation('risk.escalations.findPolicy', byId),
  getPolicy: operation('risk.escalations.getPolicy', byId),
  listPolicies: operation('risk.escalations.listPolicies', listPolicies),
  getState: operation('risk.escalations.getState', z.strictObject({ alertId: idInput })),
  listNotifications: operation('risk.escalations.listNotifications', listNotifications),
};

/** Alerts of one statement. */
const BATCH = 200;

export class EscalationRepository implements Escalations {
  readonly #context: AdapterContext;
  readonly #alerts: AlertStore;
  readonly #onDue: () => void;

  /** `onDue` is told where there is something to deliver. */
  constructor(context: AdapterContext, alerts: AlertStore, onDue: () => void) {
    this.#context = context;
    this.#alerts = alerts;
    this.#onDue = onDue;
  }

  escalate(options?: CallOptions): Promise<number> {
    return this.#context.run(operations.escalate, {}, options, async () => {
      let touched = 0;
      for (let last = BATCH; last >= BATCH / 2;) touched += last = await this.escalateDue(BATCH);
      return touched;
    });
  }

  definePolicy(input: DefinePolicy, options?: CallOptions): Promise<EscalationPolicy> {
    return this.#context.run(operations.definePolicy, input, options, async ({ policyId, steps, repeats }) => {
      const hash = requestHash(steps, repeats);
      await this.#context.pg.run(statements.define, {
        id: policyId,
        steps: JSON.stringify(steps.map(({ targets, delay }) => ({ targets, delayMs: delay }))),
        repeats: repeats ?? null,
        requestHash: hash,
        at: this.#context.clock.now(),
      });
      const row = await this.#context.pg.one(statements.find, { id: policyId });
      if (row.request_hash !== hash) throw refusal('id-conflict', { policyId });
      return toPolicy(row);
    });
  }

  findPolicy(policyId: string, options?: CallOptions): Promise<EscalationPolicy | undefined> {
    return this.#context.run(operations.findPolicy, { policyId }, options, (input) => this.#find(input.policyId));
  }

  getPolicy(policyId: string, options?: CallOptions): Promise<EscalationPolicy> {
    return this.#context.run(operations.getPolicy, { policyId }, options, async (input) => {
      const policy = await this.#find(input.policyId);
      if (!policy) throw refusal('unknown-policy', input);
      return policy;
    });
  }

  listPolicies(input: ListPolicies = {}, options?: CallOptions): Listing<EscalationPolicy> {
    return listing(input, (page) =>
      this.#context.run(operations.listPolicies, page, options, async ({ cursor, limit }) => {
        let query = db
          .selectFrom('escalation_policies')
          .select(policyColumns)
          .orderBy('id')
          .limit(limit + 1);
        if (cursor) query = query.where('id', '>', cursor[0]);
        const rows = await this.#context.pg.query('risk.escalations.listPolicies', 'read', query);
        return toPage(rows.map(toPolicy), limit, (each) => [each.policyId]);
      }),
    );
  }

  getState(alertId: string, options?: CallOptions): Promise<EscalationState> {
    return this.#context.run(operations.getState, { alertId }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.state, input);
      if (!row) throw refusal('unknown-escalation', input);
      return { ...input, step: row.step, round: row.round, ...(row.next_at !== null && { nextAt: row.next_at }) };
    });
  }

  listNotifications(input: ListNotifications, options?: CallOptions): Listing<Notification> {
    return listing(input, (page) =>
      this.#context.run(operations.listNotifications, page, options, async ({ alertId, cursor, limit }) => {
        let query = db
          .selectFrom('notifications')
          .select(['id', 'step', 'round', 'target', 'body', 'state', 'attempts', 'provider_id', 'last_error'])
          .select(['suppressed_by', 'due_at', 'delivered_at'])
          .where('alert_id', '=', alertId)
          .orderBy('round')
          .orderBy('step')
          .orderBy('target')
          .limit(limit + 1);
        if (cursor)
          query = query.where(
            sql<boolean>`(round, step, target) > (${cursor[0]}::bigint, ${cursor[1]}::bigint, ${cursor[2]})`,
          );
        const rows = await this.#context.pg.query('risk.escalations.listNotifications', 'read', query);
        return toPage(
          rows.map((row): Notification => ({
            notificationId: row.id,
            alertId,
            step: row.step,
            round: row.round,
            target: row.target,
            text: row.body,
            state: row.state,
            attempts: row.attempts,
            ...(row.provider_id !== null && { providerId: row.provider_id }),
            ...(row.last_error !== null && { lastError: row.last_error }),
            ...(row.suppressed_by !== null && { suppressedBy: row.suppressed_by }),
            dueAt: row.due_at,
            ...(row.delivered_at !== null && { deliveredAt: row.delivered_at }),
          })),
          limit,
          (each) => [each.round, each.step, each.target],
        );
      }),
    );
  }

  /** Takes the steps that are due now, about `limit` at most; answers how many alerts it touched. For the worker. */
  async escalateDue(limit: number): Promise<number> {
    const { alerts, notified } = await this.#context.pg.one(statements.escalate, {
      at: this.#context.clock.now(),
      eventIds: arrayLiteral(Array.from({ length: limit }, () => this.#context.ids.next())),
      context: contextLiteral(),
    });
    this.#alerts.refresh(alerts);
    if (notified > 0) this.#onDue();
    return Math.max(alerts.length, notified);
  }

  async #find(id: string): Promise<EscalationPolicy | undefined> {
    const row = await this.#context.pg.maybe(statements.find, { id });
    return row && toPolicy(row);
  }
}

const toPolicy = (row: NonNullable<(typeof statements.find)['row']>): EscalationPolicy => ({
  policyId: row.id,
  steps: row.steps as EscalationPolicy['steps'],
  ...(row.repeats !== null && { repeats: row.repeats }),
  definedAt: row.defined_at,
});
