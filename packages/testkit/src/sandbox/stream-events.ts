import { setTimeout as sleep } from 'node:timers/promises';
import { type InstanceIdentity, coreFamilies, keysOf } from '@tse/core';
import type { Envelope, Event } from '@tse/core/events';
import { Redis } from 'ioredis';

/** An event as it stands in a stream. */
export type PublishedEvent = Event<string, Readonly<Record<string, unknown>>>;

/** How long to wait for an event. */
export interface NextOptions {
  /** 10 000 by default. */
  readonly timeoutMs?: number;
}

/** What the adapters of a sandbox have published, as any reader of their streams sees it. */
export interface SandboxEvents {
  /** The first event of a type that `next` has not answered yet; waits until it is published. */
  next(type: string, options?: NextOptions): Promise<PublishedEvent>;
  /** All that is published by now, or all of a type: those of one adapter in their order. */
  all(type?: string): Promise<readonly PublishedEvent[]>;
}

const LOOK_EVERY_MS = 10;

/** Reads the streams of these instances from their beginnings. */
export function streamEvents(
  redisUrl: string,
  instances: readonly InstanceIdentity[],
): SandboxEvents & AsyncDisposable {
  const redis = new Redis(redisUrl, { lazyConnect: true });
  redis.on('error', () => {}); // the command in flight is told
  const streams = instances.map(({ prefix, schema }) => ({
    key: keysOf(prefix, coreFamilies).events('all'),
    source: schema,
    last: '0-0',
  }));
  const seen: PublishedEvent[] = [];
  const answered = new Map<string, number>();

  const look = async (): Promise<void> => {
    for (const stream of streams) {
      for (const [id, fields] of await redis.xrange(stream.key, `(${stream.last}`, '+')) {
        if (numberOf(id) <= numberOf(stream.last)) continue; // another look was faster
        seen.push(decode(stream.source, id, fields));
        stream.last = id;
      }
    }
  };
  const ofType = (type: string): PublishedEvent[] => seen.filter((event) => event.type === type);

  return {
    async next(type, { timeoutMs = 10_000 } = {}) {
      const place = answered.get(type) ?? 0;
      answered.set(type, place + 1);
      for (const ends = performance.now() + timeoutMs; ; await sleep(LOOK_EVERY_MS)) {
        await look();
        const event = ofType(type)[place];
        if (event !== undefined) return event;
        if (performance.now() < ends) continue;
        answered.set(type, place);
        const others = [...new Set(seen.map((each) => each.type))].join(', ') || 'nothing';
        throw new Error(
          `${place === 0 ? 'no' : 'no further'} ${type} was published within ${timeoutMs} ms; published was ${others}`,
        );
      }
    },
    async all(type) {
      await look();
      return type === undefined ? [...seen] : ofType(type);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(redis.disconnect()),
  };
}

const numberOf = (id: string): number => Number.parseInt(id, 10);

function decode(source: string, id: string, [, envelope, , payload]: string[]): PublishedEvent {
  const members = JSON.parse(envelope!) as Omit<Envelope, 'source' | 'publishSeq'>;
  return { ...members, source, publishSeq: numberOf(id), payload: JSON.parse(payload!) as PublishedEvent['payload'] };
}
