import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { currentCall, outsideCalls } from '../pipe/context.ts';
import { type Script, script } from '../redis/script.ts';
import type { AdapterContext } from './adapter-context.ts';
import { Bulkhead } from './bulkhead.ts';
import { type CacheCodec, type Found, cacheCodec } from './cache-codec.ts';
import { Loader } from './loader.ts';
import { withinDeadline } from './within-deadline.ts';

/** What is cached, for how long, and how it is read where it is not there. */
export interface CacheOptions<Value> {
  /** Kebab-case; part of the keys and a metric label. Give it another name when the form of its values changes. */
  name: string;
  /** What a stored value must be to be believed. */
  schema: z.ZodType<Value>;
  ttlMs: number;
  /** How long it is remembered that there is no such thing. */
  absentTtlMs?: number;
  /** The truth, in one statement: values in any order, what is missing left out. */
  load(ids: string[]): Promise<readonly Value[]>;
  /** The key that a value is found by. */
  keyOf: (value: Value) => string;
  /** Grows with every change of a value. Left out for values derived from many rows: those are dropped, never refreshed. */
  versionOf?(value: Value): number;
  /** Statements of `load` that run at once, at most. */
  maxLoads?: number;
}

type Read<Value> = Found<Value> & { key: string };

const lua = (name: string) => new URL(`../../lua/${name}.lua`, import.meta.url);
const fillCache = script('cache.fill', 'write', lua('fill-cache'));
const dropCache = script('cache.drop', 'write', lua('drop-cache'));

const MAX_WAITING_LOADS = 1000;

/**
 * Values read through Redis, then from PostgreSQL. Lookups of one turn of the event loop are one MGET, misses are loaded once and
 * together. A fill never replaces a newer version, and never brings back what was dropped while it was under way. Without Redis the
 * truth answers, a few statements at a time. Values are shared by their readers: do not change them.
 */
export class Cache<Value> {
  readonly #context: AdapterContext;
  readonly #options: CacheOptions<Value>;
  readonly #codec: CacheCodec<Value>;
  readonly #stored: Loader<Read<Value>>;
  readonly #truth: Loader<Value>;
  readonly #flights = new Map<string, Promise<Value | undefined>>();
  readonly #guardMs: number;
  readonly #markMs: number;
  readonly #count: (result: 'hit' | 'miss' | 'fallback' | 'fresh', by?: number) => void;
  readonly #writeFailed: (error: unknown) => void;

  constructor(context: AdapterContext, options: CacheOptions<Value>) {
    const { telemetry, config } = context;
    const { name, schema, keyOf, maxLoads = Math.max(1, Math.floor(config.postgres.pool / 2)) } = options;
    this.#context = context;
    this.#options = options;
    this.#codec = cacheCodec(schema);
    // Marks outlive every reader that may be under way, and its command: one that took longer does not fill.
    this.#guardMs = Math.max(10_000, 2 * config.deadlineMs);
    this.#markMs = this.#guardMs + 2000;
    const bulkhead = new Bulkhead(name, maxLoads, MAX_WAITING_LOADS);
    const load = (ids: string[]) => bulkhead.run(() => options.load(ids));
    this.#truth = new Loader({ one: async (id) => (await load([id]))[0], many: load, keyOf });
    const read = (keys: string[]) => this.#mget(keys);
    this.#stored = new Loader({ one: async (key) => (await read([key]))[0], many: read, keyOf: ({ key }) => key });
    const reads = telemetry.counter('adapter_cache_reads_total', 'Reads of a cache by their result', [
      'cache',
      'result',
    ]);
    this.#count = (result, by) => reads({ cache: name, result }, by);
    const failures = telemetry.counter('adapter_cache_failed_writes_total', 'Fills and drops that Redis did not take', [
      'cache',
    ]);
    this.#writeFailed = (err) => {
      failures({ cache: name });
      telemetry.log.debug({ err, cache: name }, 'cache write failed');
    };
  }

  /** The value of a key: from Redis, else from PostgreSQL; nothing where it does not exist. Without Redis straight from PostgreSQL. */
  async get(id: string): Promise<Value | undefined> {
    if (currentCall()?.fresh) {
      this.#count('fresh');
      return this.#truth.load(id);
    }
    const started = performance.now();
    let found: Read<Value> | undefined;
    try {
      found = await this.#stored.load(this.#key(id));
    } catch (error) {
      if (currentCall()?.signal?.aborted) throw error;
      this.#count('fallback');
      return withinDeadline(this.#load(id, undefined));
    }
    if (found?.hit) return found.value;
    return withinDeadline(this.#load(id, { seen: found?.seen ?? '', started }));
  }

  /** Puts values just written in the place of older ones. Never throws: the next `drop`, or the time to live, heals what was lost. */
  async refresh(...values: readonly Value[]): Promise<void> {
    for (const value of values) this.#flights.delete(this.#options.keyOf(value));
    await this.#fill(
      values.map((value) => ({ id: this.#options.keyOf(value), value, version: this.#version(value), seen: '*' })),
    );
  }

  /** Says that this was removed with this version. Never throws. */
  async remove(id: string, version: number): Promise<void> {
    this.#flights.delete(id);
    await this.#fill([{ id, value: undefined, version, seen: '*' }], this.#markMs * 1.2);
  }

  /** Drops what is stored, all of it or (`below`) what is older than a version. Never throws. */
  async drop(ids: readonly string[], below?: number): Promise<void> {
    for (const id of ids) this.#flights.delete(id);
    const args = [randomBytes(9).toString('base64url'), this.#markMs, below ?? ''];
    await this.#each(
      dropCache,
      ids.map((id) => this.#key(id)),
      () => args,
    );
  }

  #load(id: string, fill: { seen: string; started: number } | undefined): Promise<Value | undefined> {
    const flying = this.#flights.get(id);
    if (flying) return flying;
    const flight = outsideCalls(() => this.#truth.load(id)).then(
      (value) => {
        if (this.#flights.get(id) === flight) this.#flights.delete(id);
        if (fill && performance.now() - fill.started < Math.min(this.#guardMs, this.#options.ttlMs / 2))
          void this.#fill([{ id, value, version: value === undefined ? 0 : this.#version(value), seen: fill.seen }]);
        return value;
      },
      (error: unknown) => {
        if (this.#flights.get(id) === flight) this.#flights.delete(id);
        throw error;
      },
    );
    this.#flights.set(id, flight);
    return flight;
  }

  async #mget(keys: string[]): Promise<Read<Value>[]> {
    const texts = await this.#context.redis.read('cache.read', (client) =>
      // A cluster takes an MGET of one slot only.
      client.isCluster ? Promise.all(keys.map((key) => client.get(key))) : client.mget(keys),
    );
    const reads = keys.map((key, i) => ({ key, ...this.#codec.decode(texts[i] ?? null) }));
    const hits = reads.filter(({ hit }) => hit).length;
    if (hits > 0) this.#count('hit', hits);
    if (hits < keys.length) this.#count('miss', keys.length - hits);
    return reads;
  }

  async #fill(
    entries: readonly { id: string; value: Value | undefined; version: number; seen: string }[],
    ttlMs?: number,
  ): Promise<void> {
    const argsOf = ({ value, version, seen }: (typeof entries)[number]) => {
      const ttl = ttlMs ?? (value === undefined ? (this.#options.absentTtlMs ?? 2000) : this.#options.ttlMs);
      // Jitter, so that what was filled together does not expire together.
      return [version, this.#codec.encode(value), Math.ceil(ttl * (0.9 + Math.random() * 0.2)), seen];
    };
    const keys = entries.map(({ id }) => this.#key(id));
    await this.#each(fillCache, keys, (from, to) => [this.#markMs, ...entries.slice(from, to).flatMap(argsOf)]);
  }

  /** One call of the script, or in a cluster one a key: their slots differ. Nobody's deadline ends it. */
  async #each(
    of: Script,
    keys: readonly string[],
    args: (from: number, to: number) => (string | number)[],
  ): Promise<void> {
    const step = this.#context.config.redis.cluster ? 1 : 500;
    await outsideCalls(async () => {
      const calls: Promise<unknown>[] = [];
      for (let i = 0; i < keys.length; i += step) {
        const some = keys.slice(i, i + step);
        calls.push(this.#context.redis.script(of, some, args(i, i + step)).catch(this.#writeFailed));
      }
      await Promise.all(calls);
    });
  }

  #key(id: string): string {
    return this.#context.coreKeys.cache(`${this.#options.name}/${id}`);
  }

  #version(value: Value): number {
    return this.#options.versionOf?.(value) ?? 0;
  }
}
