import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import { LeaseRepository } from '../consistency/leases.ts';
import type { TestInstance } from '../consistency/test-instance.ts';
import { type StreamedEvent, decodeEntry } from './envelope.ts';
import { Relay, type RelayOptions } from './relay.ts';

/** For tests: an event as a business statement writes it. */
export async function writeEvent(
  db: Pick<pg.Client, 'query'>,
  {
    type = 'note.added',
    aggregateId = `note-${randomUUID()}`,
    version = 1,
    payload = {},
    at = new Date().toISOString(),
  } = {},
): Promise<void> {
  await db.query(
    `select append_event($1, $2, 'note', $3, $4, $5::jsonb, $6, row('trace-1', 'span-1', 'flow-1', null, 'alice', 'run-1', 7, null, null)::write_context)`,
    [randomUUID(), type, aggregateId, version, JSON.stringify(payload), at],
  );
}

/** For tests: what an instance's stream holds. */
export async function readStream({ admin, context }: TestInstance): Promise<StreamedEvent[]> {
  const entries = await admin.xrange(context.coreKeys.events('all'), '-', '+');
  return entries.map(([id, fields]) => decodeEntry(context.identity.schema, id, fields));
}

export const upTo = (last: number, first = 1) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

/** For tests: a running relay, restarted when it fails as a supervisor does. */
export function startRelay(
  context: AdapterContext,
  options: RelayOptions = {},
): AsyncDisposable & { relay: Relay; errors: unknown[] } {
  const stop = new AbortController();
  const leases = new LeaseRepository(context);
  const relay = new Relay(context, leases, options);
  const errors: unknown[] = [];
  const ended = (async () => {
    while (!stop.signal.aborted) {
      await relay.run(stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted) errors.push(error);
      });
      if (!stop.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    relay,
    errors,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
      await leases.close();
    },
  };
}
