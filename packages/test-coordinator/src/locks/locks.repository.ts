import {
  type AdapterContext,
  type CallOptions,
  type HoldOptions,
  type Lease,
  type Leases,
  operation,
  queryBuilder,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { LockMirrorStore } from './lock-mirror.store.ts';
import { type LockState, type Locks, lockName } from './locks.ts';

const TTL_MS = 10_000;

const find = statement('test-coordinator.locks.find', 'read', (p: { name: string }) =>
  queryBuilder<Tables>()
    .selectFrom('leases')
    .select(['fence', 'holder', 'expires_at', sql<boolean>`expires_at > clock_timestamp()`.as('held')])
    .where('name', '=', p.name),
);
const findLock = operation('test-coordinator.locks.find', lockName);

export class LockRepository implements Locks {
  readonly #context: AdapterContext;
  readonly #leases: Leases;
  readonly #mirror: LockMirrorStore;

  constructor(context: AdapterContext, leases: Leases, mirror: LockMirrorStore) {
    this.#context = context;
    this.#leases = leases;
    this.#mirror = mirror;
  }

  async hold(name: string, options?: HoldOptions): Promise<Lease> {
    const lease = await this.#leases.hold(name, options);
    await this.#mirror.show(lease, options?.ttlMs ?? TTL_MS);
    return lease;
  }

  find(name: string, options?: CallOptions): Promise<LockState | undefined> {
    return this.#context.run(findLock, { name }, options, async (input) => {
      const row = await this.#context.pg.maybe(find, input);
      if (!row) return undefined;
      const { fence, held, holder, expires_at: expiresAt } = row;
      return { name: input.name, fence, held, ...(held && { holder }), expiresAt };
    });
  }
}
