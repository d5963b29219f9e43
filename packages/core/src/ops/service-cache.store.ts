import { z } from 'zod';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import { isAdapterError } from '../pipe/errors.ts';
import { operation } from '../pipe/run.ts';
import { script } from '../redis/script.ts';
import { encodeCursor, listing } from '../values/page.ts';
import {
  type CacheGroup,
  type Json,
  NotACounterError,
  NotCachedError,
  type ServiceCache,
  extendCached,
  findCached,
  incrementCached,
  listCached,
  setCached,
} from './service-cache.ts';

const lua = (name: string) => new URL(`../../lua/${name}.lua`, import.meta.url);
const scripts = {
  set: script('cache.set', 'write', lua('set-cached')),
  extend: script('cache.extend', 'write', lua('extend-cached')),
  drop: script('cache.delete', 'write', lua('drop-cached')),
};

const operations = {
  set: operation('cache.set', setCached),
  find: operation('cache.find', findCached),
  ttl: operation('cache.ttl', findCached),
  extend: operation('cache.extend', extendCached),
  increment: operation('cache.increment', incrementCached),
  delete: operation('cache.delete', findCached),
  clear: operation('cache.clear', z.strictObject({ group: findCached.shape.group })),
  keys: operation('cache.keys', listCached),
};

const CLEARED_AT_ONCE = 500;

export class ServiceCacheStore implements ServiceCache {
  readonly #context: AdapterContext;

  constructor(context: AdapterContext) {
    this.#context = context;
  }

  group(group: string): CacheGroup {
    const { run, redis } = this.#context;
    const cached: CacheGroup = {
      set: (key, value, options) => cached.setMany([[key, value]], options),
      setMany: (entries, { ttlMs, ...options } = {}) =>
        run(operations.set, { group, entries: [...entries], ttlMs }, options, async (given) => {
          if (given.entries.length === 0) return;
          const values = given.entries.map(([key]) => this.#key(given.group, key));
          await redis.script(
            scripts.set,
            [this.#index(given.group), ...values],
            [given.ttlMs, ...given.entries.flat()],
          );
        }),
      findMany: (keys, options) =>
        run(operations.find, { group, keys }, options, (given) => this.#read(given.group, given.keys)),
      find: async (key, options) => (await cached.findMany([key], options)).get(key),
      get: async (key, options) => {
        const value = await cached.find(key, options);
        if (value === undefined) throw new NotCachedError(key);
        return value;
      },
      ttl: (key, options) =>
        run(operations.ttl, { group, keys: [key] }, options, async (given) => {
          const left: unknown = await redis.read('cache.ttl', (client) => client.pttl(this.#key(given.group, key)));
          return Number(left) < 0 ? undefined : Number(left);
        }),
      extend: (key, ttlMs, options) =>
        run(operations.extend, { group, key, ttlMs }, options, async (given) => {
          return (await this.#extend(given.group, given.key, given.ttlMs, '')) !== null;
        }),
      increment: (key, by, { ttlMs, ...options } = {}) =>
        run(operations.increment, { group, key, by, ttlMs }, options, async (given) => {
          const value = Number(await this.#extend(given.group, given.key, given.ttlMs, given.by));
          if (!Number.isSafeInteger(value)) throw new NotACounterError(key);
          return value;
        }),
      delete: (keys, options) =>
        run(operations.delete, { group, keys }, options, (given) => this.#drop(given.group, given.keys)),
      clear: (options) => run(operations.clear, { group }, options, (given) => this.#clear(given.group)),
      keys: ({ cursor: start, limit } = {}, options) =>
        listing({ group, cursor: start, limit }, (page) =>
          run(operations.keys, page, options, async (given) => {
            const [after] = given.cursor ?? [];
            const indexed = await this.#indexed(given.group, after, given.limit + 1);
            const page = indexed.slice(0, given.limit);
            const there = await this.#read(given.group, page);
            const gone = page.filter((key) => !there.has(key));
            if (gone.length > 0) void this.#drop(given.group, gone, 'gone').catch(() => {});
            const items = page.filter((key) => there.has(key));
            return indexed.length > given.limit ? { items, next: encodeCursor([page.at(-1)!]) } : { items };
          }),
        ),
    };
    return cached;
  }

  async #read(group: string, keys: readonly string[]): Promise<Map<string, Json>> {
    if (keys.length === 0) return new Map();
    const texts = await this.#context.redis.read('cache.find', (client) =>
      client.mget(keys.map((key) => this.#key(group, key))),
    );
    const found = new Map<string, Json>();
    for (const [i, key] of keys.entries()) {
      const value = parsed(texts[i]);
      if (value !== undefined) found.set(key, value);
    }
    return found;
  }

  async #extend(group: string, key: string, ttlMs: number, by: number | ''): Promise<string | null> {
    const keys = [this.#index(group), this.#key(group, key)];
    try {
      return await this.#context.redis.script<string | null>(scripts.extend, keys, [key, ttlMs, by]);
    } catch (error) {
      if (isAdapterError(error) && (error.cause as Error | undefined)?.message.startsWith('NOTCOUNTER'))
        throw new NotACounterError(key);
      throw error;
    }
  }

  async #drop(group: string, keys: readonly string[], which: 'all' | 'gone' = 'all'): Promise<number> {
    if (keys.length === 0) return 0;
    const values = keys.map((key) => this.#key(group, key));
    return Number(await this.#context.redis.script(scripts.drop, [this.#index(group), ...values], [which, ...keys]));
  }

  async #clear(group: string): Promise<number> {
    let dropped = 0;
    for (;;) {
      const keys = await this.#indexed(group, undefined, CLEARED_AT_ONCE);
      dropped += await this.#drop(group, keys);
      if (keys.length < CLEARED_AT_ONCE) return dropped;
    }
  }

  #indexed(group: string, after: string | undefined, most: number): Promise<string[]> {
    const first = after === undefined ? '-' : `(${after}`;
    return this.#context.redis.read('cache.index', (client) =>
      client.zrangebylex(this.#index(group), first, '+', 'LIMIT', 0, most),
    );
  }

  /** The tag is the group's, so that a script or a read of several values stays in one slot. */
  #key(group: string, key: string): string {
    return this.#context.coreKeys.cache(`group:${group}`, `value:${key}`);
  }

  #index(group: string): string {
    return this.#context.coreKeys.cache(`group:${group}`, 'index');
  }
}

/** What no JSON is was not written here: a miss. */
function parsed(text: string | null | undefined): Json | undefined {
  try {
    return typeof text === 'string' ? (JSON.parse(text) as Json) : undefined;
  } catch {
    return undefined;
  }
}
