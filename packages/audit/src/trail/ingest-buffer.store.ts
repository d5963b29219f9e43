import { type AdapterContext, type ArchiveSource, type Context, type KeyOf, UnavailableError, script } from '@tse/core';

const bufferEvents = script('audit.buffer-events', 'write', new URL('../../lua/buffer-events.lua', import.meta.url));

/** Events that it holds at most: about 100 MB of usual ones. */
const MOST_BUFFERED = 100_000;

/** An event as it was handed in, with who handed it in. */
export interface BufferedEvent {
  readonly event: unknown;
  readonly context: Context;
}

/** Direct events on their way into the trail, in the order in which they came. */
export class IngestBufferStore implements ArchiveSource<BufferedEvent> {
  readonly #context: AdapterContext;
  readonly #key: string;

  constructor(context: AdapterContext, key: KeyOf) {
    this.#context = context;
    this.#key = key('all');
  }

  /** All of them or none. Each is JSON already. */
  async append(events: readonly string[], context: Context): Promise<void> {
    const { deadline: _, ...carried } = context;
    const why = JSON.stringify(carried);
    const args = [MOST_BUFFERED, ...events.flatMap((event) => [event, why])];
    if (Number(await this.#context.redis.script<string | number>(bufferEvents, [this.#key], args)) >= 0) return;
    throw new UnavailableError('ingest-buffer-full', 'the ingest buffer is full: PostgreSQL is away or too slow', 1000);
  }

  async read(after: string, limit: number): Promise<{ position: string; fact: BufferedEvent }[] | undefined> {
    const from = after === '' ? '-' : after;
    const entries = await this.#context.redis.read('audit.buffer.read', (redis) =>
      redis.xrange(this.#key, from, '+', 'COUNT', after === '' ? limit : limit + 1),
    );
    // The last one that was taken stays, as the proof that nothing was lost after it.
    if (after !== '' && entries[0]?.[0] !== after) return undefined;
    return entries.slice(after === '' ? 0 : 1).map(([position, fields]) => ({
      position,
      fact: { event: JSON.parse(fields[1]!) as unknown, context: JSON.parse(fields[3]!) as Context },
    }));
  }

  async trim(before: string): Promise<void> {
    await this.#context.redis.write('audit.buffer.trim', (redis) => redis.xtrim(this.#key, 'MINID', before));
  }

  size(): Promise<number> {
    return this.#context.redis.read('audit.buffer.size', async (redis) => {
      const held: unknown = await redis.xlen(this.#key);
      return Number(held);
    });
  }
}
