import { type CallOptions, type Instant, pageFields, type Listing } from '@tse/core';
import { z } from 'zod';

/** An adapter's event stream that is read into the trail. */
export interface Source {
  /** The schema that publishes: `exchange`, `exchange_okx`. */
  sourceId: string;
  /** Of the adapter: `exchange`. */
  name: string;
  prefix: string;
  instance?: string;
  /** The number after which reading began: 0 where all of it is read. */
  startAfter: number;
  state: 'reading' | 'paused';
  version: number;
  /** All its events up to this number are in the trail, each once. */
  checkpoint: number;
  /** How far it has published, as it says; absent where it never has, or Redis does not answer. */
  published?: number;
  addedAt: Instant;
}

const word = (pattern: RegExp, message: string) => z.string({ error: message }).max(63).regex(pattern, message);
const kebab = word(/^[a-z][a-z0-9-]*$/, 'expected lower-case letters, digits and hyphens');

/** The identity of an adapter as its catalog of events says it: `{ ...exchangeEvents.source, instance: 'okx' }`. */
export const addSource = z.strictObject({
  name: kebab,
  schema: word(/^[a-z][a-z0-9_]*$/, 'expected lower-case letters, digits and underscores'),
  prefix: word(/^[a-z][a-z0-9:-]*$/, 'expected lower-case letters, digits, hyphens and colons'),
  instance: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?$/, 'expected 1 to 30 lower-case letters, digits and inner hyphens')
    .optional(),
  /** Where the stream does not hold its beginning any more: what is before it never comes into the trail. */
  startAfter: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});
export type AddSource = z.input<typeof addSource>;

const sourceId = word(/^[a-z][a-z0-9_]*$/, 'expected the schema of a source');
export const changeSource = z.strictObject({ sourceId, version: z.int().min(1).optional() });
export type ChangeSource = z.input<typeof changeSource>;
export const findSource = z.strictObject({ sourceId });
/** By id. */
export const listSources = z.strictObject({
  state: z.enum(['reading', 'paused']).optional(),
  ...pageFields(sourceId),
});
export type ListSources = z.input<typeof listSources>;

/** Codes with which sources refuse. */
export type SourceRefusal = 'unknown-source' | 'source-conflict' | 'stale-version';

/**
 * What the trail reads by itself: every configured adapter and instance, from its first event on, exactly once. The checkpoint moves in the
 * transaction that appends.
 */
export interface Sources {
  /** The same again answers the first. `source-conflict` where the schema or the prefix is that of another one. */
  add(input: AddSource, options?: CallOptions): Promise<Source>;
  /** Its events wait in its stream until it is resumed. */
  pause(input: ChangeSource, options?: CallOptions): Promise<Source>;
  /** Reads on where the source was paused. Refused with `stale-version` where it was changed since. */
  resume(input: ChangeSource, options?: CallOptions): Promise<Source>;
  /** Nothing where there is none. */
  find(sourceId: string, options?: CallOptions): Promise<Source | undefined>;
  /** Refused as `not-found` where there is none. */
  get(sourceId: string, options?: CallOptions): Promise<Source>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListSources, options?: CallOptions): Listing<Source>;
}
