import type { LeaseRepository } from '../consistency/leases.ts';
import type { EventInbox } from '../events/inbox.ts';
import type { Pipe } from '../pipe/run.ts';
import type { Telemetry } from '../pipe/telemetry.ts';
import type { Postgres } from '../postgres/postgres.ts';
import type { Redis } from '../redis/redis.ts';
import { settledWithin } from './within.ts';
import type { ServiceStore } from './services.store.ts';
import type { Workers } from './worker.ts';

interface Parts {
  pipe: Pipe;
  workers: Workers;
  inbox: EventInbox;
  leases: LeaseRepository;
  services: ServiceStore;
  flush: readonly (() => Promise<unknown>)[];
  redis: Redis;
  pg: Postgres;
  telemetry: Telemetry;
}

/** Drains in order; each step has what is left of the deadline, less what the stores need to part in peace. */
export async function closeAdapter(parts: Parts, deadlineMs: number): Promise<void> {
  const { pipe, workers, inbox, leases, services, flush, redis, pg, telemetry } = parts;
  const ends = performance.now() + deadlineMs;
  const left = () => Math.max(0, ends - performance.now());
  const forStores = Math.min(1000, deadlineMs / 4);
  const step = async (name: string, promises: readonly Promise<unknown>[]) => {
    if (!(await settledWithin(left() - forStores, promises)))
      telemetry.log.warn({ step: name }, 'closing goes on without what did not end in time');
  };

  const drained = pipe.drain();
  const withinMs = (left() - forStores) / 2;
  const [stragglers, consumed] = await Promise.all([workers.stop(withinMs), settledWithin(withinMs, [inbox.close()])]);
  if (stragglers.length > 0) telemetry.log.warn({ workers: stragglers }, 'workers did not end in time');
  if (!consumed) telemetry.log.warn('consumers did not end in time');
  // Also ends the calls that wait for a lease.
  await step('leases', [leases.close()]);
  await step('calls', [drained]);
  await step(
    'flush',
    flush.map((each) => each().catch((err: unknown) => telemetry.log.error({ err }, 'a flush failed'))),
  );
  await step('services', [
    services.close().catch((err: unknown) => telemetry.log.debug({ err }, 'services stay registered')),
  ]);
  await Promise.all([redis.close(left()), pg.close(left())]);
}
