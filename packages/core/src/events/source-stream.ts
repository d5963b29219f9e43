import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis as IoRedis } from 'ioredis';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import { InternalError, UnavailableError } from '../pipe/errors.ts';
import type { InstanceIdentity } from '../pipe/identity.ts';
import { coreFamilies, keysOf } from '../redis/keys.ts';
import { type Published, type StreamedEvent, decodeEntry, numberOf } from './envelope.ts';

const RECONNECT_MS = 100;

/** What a source says of how far it has published. */
export async function publishedOf(
  { redis }: AdapterContext,
  { prefix }: InstanceIdentity,
): Promise<Published | undefined> {
  const text = await redis.read('inbox.published', (c) => c.get(keysOf(prefix, coreFamilies).published('all')));
  return text === null ? undefined : (JSON.parse(text) as Published);
}

/** The stream of a source, read by number over a connection of its own. */
export class SourceStream implements Disposable {
  readonly #context: AdapterContext;
  readonly #source: InstanceIdentity;
  readonly #key: string;
  readonly #reader: IoRedis;

  constructor(context: AdapterContext, source: InstanceIdentity) {
    this.#context = context;
    this.#source = source;
    this.#key = keysOf(source.prefix, coreFamilies).events('all');
    this.#reader = context.redis.blockingReader();
  }

  /** Waits a while for what follows a number; nothing where nothing came or Redis is away. */
  async after(number: number, limit: number, waitMs: number): Promise<StreamedEvent[]> {
    if (this.#reader.status === 'wait') await this.#reader.connect().catch(() => {});
    if (this.#reader.status !== 'ready') {
      await sleep(RECONNECT_MS);
      return [];
    }
    const replies = await this.#reader.xread('COUNT', limit, 'BLOCK', waitMs, 'STREAMS', this.#key, `${number}-0`);
    return (replies?.[0]?.[1] ?? []).map(([id, fields]) => decodeEntry(this.#source.schema, id, fields));
  }

  /** The last number that it holds; 0 where it holds none. */
  async last(): Promise<number> {
    const [entry] = await this.#context.redis.read('inbox.stream-end', (c) =>
      c.xrevrange(this.#key, '+', '-', 'COUNT', 1),
    );
    return entry ? numberOf(entry[0]) : 0;
  }

  /** Why an event does not follow the one before it. */
  async explainGap(after: number, found: number): Promise<InternalError | UnavailableError> {
    const { schema: source } = this.#source;
    const [entry] = await this.#context.redis.read('inbox.stream-start', (c) =>
      c.xrange(this.#key, '-', '+', 'COUNT', 1),
    );
    const first = entry ? numberOf(entry[0]) : found;
    if (first > after + 1) {
      const message = `the stream of ${source} begins with ${first}, but ${after + 1} is wanted: run \`tse events replay\``;
      return new UnavailableError('events-trimmed', message, 60_000, undefined, { source, wanted: after + 1, first });
    }
    return new InternalError('events-gap', `the stream of ${source} goes from ${after} to ${found}`, {
      source,
      after,
      found,
    });
  }

  published(): Promise<Published | undefined> {
    return publishedOf(this.#context, this.#source);
  }

  [Symbol.dispose](): void {
    this.#reader.disconnect();
  }
}
