import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import { outsideCalls, withContext } from '../pipe/context.ts';
import { InvalidInputError } from '../pipe/errors.ts';
import { identify } from '../pipe/identity.ts';
import { coreFamilies, keysOf } from '../redis/keys.ts';
import type { Instant } from '../values/instant.ts';
import { type Feed, type FeedCause, type FeedEvent, causeOf } from './price-feed.ts';

/** Which feed is followed, and what is done with what comes. */
export interface FollowOptions<Payload> {
  /** A metric label. */
  name: string;
  feed: Feed<Payload>;
  /** Of the source, where it is not the default one. */
  instance?: string | undefined;
}

/** What follows a feed until it is disposed of. */
export interface Follower extends AsyncDisposable {
  readonly name: string;
  /** Ends after what is being handled. */
  stop(): Promise<void>;
}

const READ_AT_ONCE = 1000;
const BLOCK_MS = 1000;
const PAUSE_MS = 200;
const causeInput = z.object({ correlationId: z.string().exactOptional(), causationId: z.string().exactOptional() });

/**
 * Follows a feed: a stream of entries with the fields `at`, `payload` and, where something is known of it, `cause`. While the handler is
 * busy newer values take the place of those that wait; one that fails is not tried again, as a newer one comes.
 */
export function followFeed<Payload>(
  context: AdapterContext,
  { name, feed, instance }: FollowOptions<Payload>,
  handler: (value: FeedEvent<Payload>, call: { signal: AbortSignal }) => Promise<unknown>,
  onStop: () => void,
): Follower {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name))
    throw new InvalidInputError([{ path: 'name', message: 'expected 1 to 63 lower-case letters, digits and hyphens' }]);
  const { telemetry, redis } = context;
  const key = keysOf(identify(feed.source, instance).prefix, coreFamilies).priceFeed('all');
  const schema = z.compile(feed.payload);
  const values = telemetry.counter('adapter_feed_values_total', 'Values of a feed by what became of them', [
    'feed',
    'result',
  ]);
  const count = (result: 'handled' | 'failed' | 'unusable' | 'replaced', by = 1) =>
    by > 0 && values({ feed: name, result }, by);
  const stop = new AbortController();
  const { signal } = stop;

  /** The newest value of each key, in the order of their coming. */
  const latest = (entries: readonly (readonly [string, readonly string[]])[]): FeedEvent<Payload>[] => {
    const newest = new Map<string, FeedEvent<Payload>>();
    for (const [, [, at, , text, , cause]] of entries) {
      const payload = schema.safeParse(parseJson(text!));
      if (!payload.success) {
        count('unusable');
        continue;
      }
      const of = feed.keyOf(payload.data);
      if (newest.delete(of)) count('replaced');
      newest.set(of, { occurredAt: at as Instant, payload: payload.data, ...readCause(cause) });
    }
    return [...newest.values()];
  };
  const handle = async (entries: readonly (readonly [string, readonly string[]])[]) => {
    for (const value of latest(entries)) {
      if (signal.aborted) return;
      try {
        await withContext(causeOf(value), () => handler(value, { signal }));
        count('handled');
      } catch (err) {
        count('failed');
        telemetry.log.warn({ err, feed: name }, 'a value of the feed was not handled');
      }
    }
  };
  const run = async () => {
    const reader = redis.blockingReader();
    signal.addEventListener('abort', () => reader.disconnect(), { once: true });
    let last: string | undefined;
    while (!signal.aborted) {
      try {
        if (reader.status === 'wait') await reader.connect();
        if (last === undefined) {
          const known = (await reader.xrevrange(key, '+', '-', 'COUNT', READ_AT_ONCE)).reverse();
          last = known.at(-1)?.[0] ?? '0-0';
          await handle(known);
        }
        const entries =
          (await reader.xread('COUNT', READ_AT_ONCE, 'BLOCK', BLOCK_MS, 'STREAMS', key, last))?.[0]?.[1] ?? [];
        // All that has come, so that only the latest is handled.
        for (let more = entries; more.length === READ_AT_ONCE; entries.push(...more)) {
          more = (await reader.xread('COUNT', READ_AT_ONCE, 'STREAMS', key, entries.at(-1)![0]))?.[0]?.[1] ?? [];
        }
        last = entries.at(-1)?.[0] ?? last;
        await handle(entries);
      } catch (err) {
        if (signal.aborted) break;
        telemetry.log.debug({ err, feed: name }, 'the feed cannot be read for now');
        // An emptied Redis begins the feed anew, perhaps with smaller ids.
        last = undefined;
        await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
      }
    }
    reader.disconnect();
    onStop();
  };
  const ended = outsideCalls(run);
  const end = async () => {
    stop.abort();
    await ended;
  };
  return { name, stop: end, [Symbol.asyncDispose]: end };
}

const readCause = (text: string | undefined): FeedCause => causeInput.safeParse(parseJson(text ?? '{}')).data ?? {};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
