import { type AdapterContext, type KeyOf, arrayLiteral, script, statement } from '@tse/core';
import { sql } from 'kysely';
import { selectRequests, toRequest } from './approval-rows.ts';
import type { ApprovalRequest } from './approvals.ts';

const storeApproval = script(
  'custodian.approvals.store',
  'write',
  new URL('../../lua/store-approval.lua', import.meta.url),
);

const findMany = statement('custodian.approvals.findMany', 'read', (p: { ids: string }) =>
  selectRequests().where(sql<boolean>`r.id = any (${p.ids}::text[])`),
);

/** A refresh that was lost heals within it. */
const LIFE_MS = 60_000;

/** The copies of approval requests in Redis, by version: what a queue of approvers polls. The tables decide. */
export class ApprovalStore {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key;
  }

  /** The copy, or `undefined` where there is none or Redis does not answer. */
  async find(requestId: string): Promise<ApprovalRequest | undefined> {
    try {
      const text = await this.#context.redis.read('custodian.approvals.find', (client) =>
        client.hget(this.#key(requestId), 'value'),
      );
      return text === null ? undefined : (JSON.parse(text) as ApprovalRequest);
    } catch {
      return undefined;
    }
  }

  /** Never throws: the tables answer until the next one. */
  async refresh(request: ApprovalRequest): Promise<void> {
    try {
      const args = [request.version, LIFE_MS, JSON.stringify(request)];
      await this.#context.redis.script(storeApproval, [this.#key(request.requestId)], args);
    } catch (err) {
      this.#context.telemetry.log.debug({ err }, 'approval copy not refreshed');
    }
  }

  /** After a change of several, or by another port. Never throws. */
  async refreshFromTables(requestIds: readonly string[]): Promise<void> {
    if (requestIds.length === 0) return;
    try {
      const rows = await this.#context.pg.many(findMany, { ids: arrayLiteral(requestIds) });
      await Promise.all(rows.map((row) => this.refresh(toRequest(row))));
    } catch (err) {
      this.#context.telemetry.log.debug({ err }, 'approval copies not refreshed');
    }
  }
}
