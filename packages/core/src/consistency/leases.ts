import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import { type CallOptions, currentCall, outsideCalls, remainingMs } from '../pipe/context.ts';
import { UnavailableError, isAdapterError } from '../pipe/errors.ts';
import { operation } from '../pipe/run.ts';
import { setupFaultCodes } from '../postgres/errors.ts';
import { queryBuilder, statement } from '../postgres/statement.ts';
import { textInput } from '../values/id.ts';
import type { AdapterContext } from './adapter-context.ts';
import { Lease, type LeaseStore } from './lease.ts';

export interface HoldOptions extends CallOptions {
  /** How long the lease outlives a holder that cannot renew it; 10 seconds where nothing is said. */
  ttlMs?: number | undefined;
}

/** Fenced leases: one holder a name in all processes of the adapter. */
export interface Leases {
  /** Waits until the lease is free, takes it, and keeps it until it is released or lost. */
  hold(name: string, options?: HoldOptions): Promise<Lease>;
}

const holdLease = operation(
  'leases.hold',
  z.strictObject({ name: textInput(200), ttlMs: z.int().min(100).max(3_600_000).default(10_000) }),
);

const db = queryBuilder<Record<string, never>>();
const acquireLease = statement('leases.acquire', 'write', (p: { name: string; holder: string; ttl: string }) =>
  db
    .selectFrom(sql<{ fence: number }>`acquire_lease(${p.name}, ${p.holder}, ${p.ttl}::interval)`.as('lease'))
    .select('fence'),
);
const releaseLease = statement('leases.release', 'write', (p: { name: string; holder: string; fence: number }) =>
  db.selectNoFrom(sql<boolean>`release_lease(${p.name}, ${p.holder}, ${p.fence})`.as('released')),
);

/** Leases kept in PostgreSQL, on its clock. */
export class LeaseRepository implements Leases {
  readonly #context: AdapterContext;
  readonly #store: LeaseStore;
  readonly #held = new Set<Lease>();
  readonly #closed = new AbortController();

  constructor(context: AdapterContext) {
    this.#context = context;
    const { pg } = context;
    this.#store = {
      acquire: (name, holder, ttlMs) =>
        outsideCalls(async () => (await pg.maybe(acquireLease, { name, holder, ttl: `${ttlMs} milliseconds` }))?.fence),
      release: async (name, holder, fence) =>
        void (await outsideCalls(() => pg.one(releaseLease, { name, holder, fence }))),
    };
  }

  hold(name: string, { ttlMs, ...options }: HoldOptions = {}): Promise<Lease> {
    return this.#context.run(holdLease, { name, ttlMs }, options, (input) =>
      this.wait(input.name, { ttlMs: input.ttlMs, signal: currentCall()?.signal }),
    );
  }

  /** The same for loops of ours, which may wait for ever: past the pipe, so that it counts as no call. */
  async wait(
    name: string,
    { ttlMs = 10_000, signal }: { ttlMs?: number; signal?: AbortSignal | undefined },
  ): Promise<Lease> {
    const ended = signal ? AbortSignal.any([signal, this.#closed.signal]) : this.#closed.signal;
    const holder = randomUUID();
    for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.6, 250, ttlMs / 4)) {
      const lease = await this.#try(name, ttlMs, holder);
      try {
        this.#mayGoOn(name, signal);
      } catch (error) {
        await lease?.release();
        throw error;
      }
      if (lease) return this.#keep(lease);
      const sleepMs = Math.min(pauseMs * (0.5 + Math.random()), remainingMs() ?? Infinity);
      await sleep(sleepMs, undefined, { signal: ended }).catch(() => {});
    }
  }

  /** Ends the waiting, and gives back what is held. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all([...this.#held].map((lease) => lease.release()));
  }

  /** Where the store is down the waiting goes on. The holder stays the same, so a try whose reply was lost is found again. */
  async #try(name: string, ttlMs: number, holder: string): Promise<Lease | undefined> {
    try {
      return await Lease.acquire(this.#store, name, ttlMs, holder);
    } catch (error) {
      const passes =
        isAdapterError(error) &&
        (error.kind === 'outcome-unknown' || (error.kind === 'unavailable' && !setupFaultCodes.has(error.code)));
      if (!passes) throw error;
      return undefined;
    }
  }

  #mayGoOn(name: string, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.#closed.signal.aborted) throw new UnavailableError('adapter-closed', 'the adapter is closed', 1000);
    if ((remainingMs() ?? 1) <= 0)
      throw new UnavailableError('lease-held', `the lease ${name} did not become free in time`, 1000);
  }

  #keep(lease: Lease): Lease {
    this.#held.add(lease);
    lease.signal.addEventListener('abort', () => this.#held.delete(lease), { once: true });
    return lease;
  }
}
