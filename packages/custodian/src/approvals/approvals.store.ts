import {
  type AdapterContext,
  type KeyOf,
  type Projection,
  RecentIds,
  arrayLiteral,
  differenceOf,
  script,
  statement,
} from '@tse/core';
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
  readonly #kept = new RecentIds(LIFE_MS);

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

  /** For the drift verifier: what this process keeps. What drifted is dropped, and kept again by the next read. */
  readonly projection: Projection = {
    name: 'approvals',
    ids: () => Promise.resolve(this.#kept.list()),
    differences: async (requestId) => {
      const copy = await this.find(requestId);
      const [row] = copy ? await this.#context.pg.many(findMany, { ids: arrayLiteral([requestId]) }) : [];
      return copy ? differenceOf(versioned(copy), row && versioned(toRequest(row))) : [];
    },
    repair: async (requestId) => {
      await this.#context.redis.write('custodian.approvals.drop', (client) => client.unlink(this.#key(requestId)));
    },
  };

  /** Never throws: the tables answer until the next one. */
  async refresh(request: ApprovalRequest): Promise<void> {
    try {
      const args = [request.version, LIFE_MS, JSON.stringify(request)];
      this.#kept.add(request.requestId);
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

const versioned = (request: ApprovalRequest) => ({
  version: request.version,
  value: JSON.parse(JSON.stringify(request)) as unknown,
});
