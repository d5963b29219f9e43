import { type AdapterContext, type KeyOf, type Projection, RecentIds, type Versioned, differenceOf } from '@tse/core';

const TTL_MS = 60_000;
const LONGEST_TTL_MS = TTL_MS * 1.1;

/**
 * Copies in Redis of what is costly to put together from many rows. Whoever reads one says which version it has to have: a copy of any
 * other is none, so that nothing needs to be dropped when something changes.
 */
export class VersionedCopies<Value> {
  readonly #context: AdapterContext;
  readonly #key: KeyOf;
  readonly #name: string;
  readonly #kept = new RecentIds(LONGEST_TTL_MS);
  readonly #count: (result: 'hit' | 'miss' | 'fallback') => void;

  constructor(context: AdapterContext, name: string, key: KeyOf) {
    this.#context = context;
    this.#key = key;
    this.#name = name;
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

  /**
   * For the drift verifier: what this process keeps. A copy of an earlier version is none, for nobody takes it; one that says that it is
   * of a version which is not, or says something else of the same, is dropped.
   */
  projection(load: (id: string) => Promise<Versioned<Value> | undefined>): Projection {
    return {
      name: this.#name,
      ids: () => Promise.resolve(this.#kept.list()),
      differences: async (id) => {
        const text = await this.#context.redis.read('audit.copies.find', (client) => client.get(this.#key(id)));
        if (text === null) return [];
        const space = text.indexOf(' ');
        const copy = { version: Number(text.slice(0, space)), value: JSON.parse(text.slice(space + 1)) as unknown };
        const truth = await load(id);
        return differenceOf(
          copy,
          truth && { version: truth.version, value: JSON.parse(JSON.stringify(truth.value)) as unknown },
        ).filter(({ kind }) => kind !== 'behind');
      },
      repair: async (id) => {
        await this.#context.redis.write('audit.copies.drop', (client) => client.unlink(this.#key(id)));
      },
    };
  }

  /** Never throws. */
  async keep(id: string, version: string, value: Value): Promise<void> {
    this.#kept.add(id);
    const ttl = Math.ceil(TTL_MS * (0.9 + Math.random() * 0.2));
    await this.#context.redis
      .write('audit.copies.keep', (client) =>
        client.set(this.#key(id), `${version} ${JSON.stringify(value)}`, 'PX', ttl),
      )
      .catch(() => {});
  }
}
