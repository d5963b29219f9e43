import type { AdapterContext, KeyOf } from '@tse/core';

const TTL_MS = 60_000;

/**
 * Copies in Redis of what is costly to put together from many rows. Whoever reads one says which version it has to have: a copy of any
 * other is none, so that nothing needs to be dropped when something changes.
 */
export class VersionedCopies<Value> {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;
  readonly #count: (result: 'hit' | 'miss' | 'fallback') => void;

  constructor(context: AdapterContext, name: string, key: KeyOf) {
    this.#context = context;
    this.#key = key;
    const reads = context.telemetry.counter('adapter_cache_reads_total', 'Reads of a cache by their result', [
      'cache',
      'result',
    ]);
    this.#count = (result) => reads({ cache: name, result });
  }

  /** Nothing where Redis is away: the tables have it. */
  async find(id: string, version: string): Promise<Value | undefined> {
    try {
      const text = await this.#context.redis.read('audit.copies.find', (client) => client.get(this.#key(id)));
      const found = text?.startsWith(`${version} `) === true;
      this.#count(found ? 'hit' : 'miss');
      return found ? (JSON.parse(text.slice(version.length + 1)) as Value) : undefined;
    } catch {
      this.#count('fallback');
      return undefined;
    }
  }

  /** Never throws. */
  async keep(id: string, version: string, value: Value): Promise<void> {
    const ttl = Math.ceil(TTL_MS * (0.9 + Math.random() * 0.2));
    await this.#context.redis
      .write('audit.copies.keep', (client) =>
        client.set(this.#key(id), `${version} ${JSON.stringify(value)}`, 'PX', ttl),
      )
      .catch(() => {});
  }
}
