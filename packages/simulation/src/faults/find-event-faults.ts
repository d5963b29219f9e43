import { coreFamilies, keysOf } from '@tse/core';
import { definition } from '@tse/exchange';
import { Redis } from 'ioredis';
import type { Arena } from './arena.ts';

/** Every event that was committed must be in the stream, once, in its place, and a consumer must have had them all: a line each that is not so. */
export async function findEventFaults(arena: Arena, consumed: readonly string[]): Promise<string[]> {
  const outbox = await arena.asAdmin(async (client) => {
    const { rows } = await client.query<{ id: string; seq: string | null; aggregate: string; version: string }>(
      `select event_id as id, publish_seq as seq, aggregate || ' ' || aggregate_id as aggregate, aggregate_version as version
       from exchange.outbox order by publish_seq`,
    );
    return rows;
  });
  const redis = new Redis(arena.admin.redisUrl);
  const stream = await redis.xrange(keysOf(definition.identity.prefix, coreFamilies).events('all'), '-', '+');
  redis.disconnect();

  const faults: string[] = [];
  const versions = new Map<string, number>();
  for (const [i, { id, seq, aggregate, version }] of outbox.entries()) {
    if (seq !== String(i + 1)) return [`event ${i + 1} of the outbox has the number ${seq}`];
    if (Number(version) <= (versions.get(aggregate) ?? 0))
      faults.push(`${aggregate}: version ${version} is published after ${versions.get(aggregate)}`);
    versions.set(aggregate, Number(version));
    const entry = stream[i];
    const published = entry && `${entry[0]} ${(JSON.parse(entry[1][1]!) as { id: string }).id}`;
    if (published !== `${seq}-0 ${id}`) faults.push(`${seq}-0 ${id} of the outbox is ${published} in the stream`);
    if (consumed[i] !== id) faults.push(`${seq} of the outbox is ${id}, the consumer had ${consumed[i]}`);
  }
  if (new Set(outbox.map(({ id }) => id)).size !== outbox.length) faults.push('two events have one id');
  if (stream.length !== outbox.length)
    faults.push(`${stream.length} events in the stream, ${outbox.length} in the outbox`);
  return faults;
}
