import type { z } from 'zod';
import { type Identity, identify } from '../pipe/identity.ts';
import type { Instant } from '../values/instant.ts';

/** Everything about a published event but its payload. */
export interface Envelope<Type extends string = string> {
  readonly id: string;
  readonly type: Type;
  /** Of the payload's form; payloads only grow within one. */
  readonly version: number;
  /** The schema that published it. */
  readonly source: string;
  /** Dense in its source, in the order of publication. */
  readonly publishSeq: number;
  readonly aggregate: string;
  readonly aggregateId: string;
  /** Grows with `publishSeq` for each aggregate. */
  readonly aggregateVersion: number;
  /** Business time. */
  readonly occurredAt: Instant;
  /** The database's time. */
  readonly recordedAt: Instant;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly correlationId?: string;
  /** The event or command that this follows from. */
  readonly causationId?: string;
  readonly actor?: string;
  readonly run?: string;
  readonly fence?: number;
  /** The event that was being handled when this was written. */
  readonly answers?: { readonly source: string; readonly publishSeq: number };
}

/** A published event, its payload as its schema says. */
export interface Event<Type extends string = string, Payload = unknown> extends Envelope<Type> {
  readonly payload: Payload;
}

/** The schemas of payloads, by event type. */
export type PayloadSchemas = Record<string, z.ZodType>;

/** One type of event: its payload and an example. */
export interface EventDefinition<Schema extends z.ZodType = z.ZodType> {
  readonly payload: Schema;
  /** One payload as it is published: consumers are tested with it. */
  readonly example: z.input<Schema>;
  /** 1 unless it says otherwise. */
  readonly version?: number;
}

/**
 * The events of one source: schemas and types, free of drivers. A consumer that may not import the publisher defines its own
 * catalog of the same source, with the types and fields it needs.
 */
export interface EventCatalog<Schemas extends PayloadSchemas = PayloadSchemas> {
  readonly source: Identity;
  readonly types: { readonly [Type in keyof Schemas]: EventDefinition<Schemas[Type]> };
  /** The example of a type as a consumer gets it. */
  example<Type extends keyof Schemas & string>(type: Type): Event<Type, z.output<Schemas[Type]>>;
}

/** The names of the events of a catalog. */
export type EventType<Catalog> = Catalog extends EventCatalog<infer Schemas> ? keyof Schemas & string : never;

/** The events of a catalog, or those of the given types of it. */
export type EventOf<Catalog, Type extends string = string> =
  Catalog extends EventCatalog<infer Schemas>
    ? { [T in keyof Schemas & Type & string]: Event<T, z.output<Schemas[T]>> }[keyof Schemas & Type & string]
    : never;

/** `defineEvents(identity, { 'order.placed': { payload: z.object({ … }), example: { … } } })`. */
export function defineEvents<Schemas extends PayloadSchemas>(
  source: Identity,
  types: { readonly [Type in keyof Schemas]: EventDefinition<Schemas[Type]> },
): EventCatalog<Schemas> {
  return {
    source,
    types,
    example(type) {
      const { payload, example, version = 1 } = types[type];
      const aggregate = type.slice(0, type.indexOf('.'));
      return {
        id: `example-${type}`,
        type,
        version,
        source: identify(source).schema,
        publishSeq: 1,
        aggregate,
        aggregateId: `example-${aggregate}`,
        aggregateVersion: 1,
        occurredAt: '2026-11-24T08:08:51.123456Z' as Instant,
        recordedAt: '2026-11-24T08:08:51.123456Z' as Instant,
        payload: payload.parse(example),
      };
    },
  };
}
