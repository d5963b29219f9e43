import { z } from 'zod';
import type { CallOptions } from '../pipe/context.ts';
import { ConflictError, NotFoundError } from '../pipe/errors.ts';
import { textInput } from '../values/id.ts';
import { type Listing, pageFields } from '../values/page.ts';

/** What can be written as JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const LONGEST_JSON = 262_144;

/** Refuses what JSON would change without a word: NaN, undefined, a bigint, a Map. */
function strictly(_key: string, part: unknown): unknown {
  const plain =
    typeof part !== 'object' || part === null || Array.isArray(part) || /^(Object|null)$/.test(kindOf(part));
  if (plain && (part === null || ['string', 'boolean', 'object'].includes(typeof part) || Number.isFinite(part)))
    return part;
  throw new TypeError('not JSON');
}
const kindOf = (part: object): string =>
  String((Object.getPrototypeOf(part) as object | null)?.constructor.name ?? null);

const jsonText = z.unknown().transform((value, context): string => {
  try {
    const text = JSON.stringify(value, strictly);
    if (text !== undefined && text.length <= LONGEST_JSON) return text;
  } catch {
    // Told below: not JSON, circular, or nested too deep.
  }
  context.issues.push({ code: 'custom', message: `expected JSON of at most ${LONGEST_JSON} characters`, input: value });
  return z.NEVER;
});

const group = z
  .string({ error: 'expected the name of a group' })
  .regex(
    /^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/,
    'expected 1 to 64 lower-case letters, digits, inner dots or hyphens',
  );
const key = textInput(200);
const keys = z.array(key).max(1000);
const ttlMs = z.int().min(1).max(2_592_000_000);

/** Input schema. */
export const setCached = z.strictObject({
  group,
  entries: z.array(z.tuple([key, jsonText])).max(1000),
  ttlMs: ttlMs.default(300_000),
});
/** Input schema. */
export const findCached = z.strictObject({ group, keys });
/** Input schema. */
export const extendCached = z.strictObject({ group, key, ttlMs });
/** Input schema. */
export const incrementCached = z.strictObject({ group, key, by: z.int().default(1), ttlMs: ttlMs.default(300_000) });
/** Input schema. */
export const listCached = z.strictObject({ group, ...pageFields(z.string()) });

export interface SetCachedOptions extends CallOptions {
  /** How long it is kept: 5 minutes by default, 30 days at most. */
  ttlMs?: number | undefined;
}

export class NotCachedError extends NotFoundError {
  constructor(name: string) {
    super('not-cached', 'no such value is cached', { key: name });
  }
}

export class NotACounterError extends ConflictError {
  constructor(name: string) {
    super('not-a-counter', 'what is cached there is no whole number, or would leave the range of one', { key: name });
  }
}

/** Values of a service that may be lost at any time, in Redis, always with a time to live. Nothing that matters is kept here. */
export interface ServiceCache {
  /** Values of one group are read, listed and dropped together. */
  group(name: string): CacheGroup;
}

/** Named values that belong together, in Redis alone: lost with it. The group knows its keys, so nothing is scanned for. */
export interface CacheGroup {
  /** Puts a value under a key, with a life in milliseconds where the options give one. */
  set(key: string, value: Json, options?: SetCachedOptions): Promise<void>;
  /** All or none. */
  setMany(entries: Iterable<readonly [key: string, value: Json]>, options?: SetCachedOptions): Promise<void>;
  /** The value of a key; nothing where there is none or its life ended. */
  find(key: string, options?: CallOptions): Promise<Json | undefined>;
  /** Throws `NotCachedError`. */
  get(key: string, options?: CallOptions): Promise<Json>;
  /** What is there, by key. */
  findMany(keys: readonly string[], options?: CallOptions): Promise<Map<string, Json>>;
  /** Milliseconds that it is still kept; `undefined` where it is not there. */
  ttl(key: string, options?: CallOptions): Promise<number | undefined>;
  /** Keeps it for so long from now; answers whether it is there. */
  extend(key: string, ttlMs: number, options?: CallOptions): Promise<boolean>;
  /** Adds to a whole number that begins at 0 and is kept from its first increment on; answers it. */
  increment(key: string, by?: number, options?: SetCachedOptions): Promise<number>;
  /** How many were there. */
  delete(keys: readonly string[], options?: CallOptions): Promise<number>;
  /** Drops the whole group; answers how many were there. */
  clear(options?: CallOptions): Promise<number>;
  /** The keys that are there, in text order. */
  keys(page?: { cursor?: string; limit?: number }, options?: CallOptions): Listing<string>;
}
