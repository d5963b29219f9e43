import {
  type CallOptions,
  type Instant,
  type Issue,
  type Listing,
  idInput,
  instantInput,
  pageFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';

/** An event as the trail keeps it. */
export interface TrailEvent {
  /** Dense, in the order of commit. */
  position: number;
  /** When the trail took it, on the database's clock; never goes back with the position. */
  recordedAt: Instant;
  /** The schema that published it, or the name that a direct sender gave itself. */
  source: string;
  /** Its number in its source; absent where it came directly. */
  sourceSeq?: number;
  eventId: string;
  type: string;
  schemaVersion: number;
  aggregate: string;
  aggregateId: string;
  aggregateVersion?: number;
  /** Business time. */
  occurredAt: Instant;
  /** When the source wrote it, on the source's database. */
  sourceRecordedAt?: Instant;
  traceId?: string;
  spanId?: string;
  correlationId?: string;
  causationId?: string;
  actor?: string;
  run?: string;
  fence?: number;
  /** The event that was being handled when this was written. */
  answers?: { source: string; publishSeq: number };
  tags?: string[];
  payload: unknown;
  /** The payload to the byte as it came. */
  payloadText: string;
  /** Hexadecimal, 64 digits. */
  leafHash: string;
}

/** The end of the trail. */
export interface TrailHead {
  /** Of the last event; 0 where there is none. */
  position: number;
  recordedAt: Instant;
}

/** What became of one event of a batch. */
export type RecordOutcome =
  /** `duplicate`: the same event was there already, at this position. */
  | { ok: true; position: number; duplicate: boolean }
  | { ok: false; code: IngestRefusal; message: string; issues?: readonly Issue[] };

/**
 * `invalid`: it could not be taken and is in quarantine. `id-conflict`: another content has this id; both are kept, see `listConflicts`.
 * `version-conflict`: its aggregate has another last version. `source-reserved`: the name is that of a source that is read.
 */
export type IngestRefusal = 'invalid' | 'id-conflict' | 'version-conflict' | 'source-reserved';

/** `buffered`: it is in Redis, and will be in the trail. `recorded`: Redis was away, and it is in the trail already. */
export type BufferOutcome =
  | { ok: true; state: 'buffered' }
  | { ok: true; state: 'recorded'; position: number; duplicate: boolean }
  | Extract<RecordOutcome, { ok: false }>;

/** Another event that came under an id that is taken. The first one stands. */
export interface TrailConflict {
  id: number;
  source: string;
  eventId: string;
  /** Of the event that has the id. */
  position: number;
  /** The other one, as JSON. */
  offered: string;
  recordedAt: Instant;
}

/** What came and could not be read as an event. It is kept as it came. */
export interface QuarantinedEvent {
  id: number;
  /** As it came, as JSON where that could be made; 64 KiB at most. */
  received: string;
  reason: string;
  actor?: string;
  recordedAt: Instant;
}

const MAX_PAYLOAD = 256 * 1024;

const eventType = z
  .string({ error: 'expected a type such as order.placed' })
  .max(100)
  .regex(/^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$/, 'expected a type such as order.placed');
export const sourceName = z
  .string({ error: 'expected the name of a service' })
  .regex(/^[a-z][a-z0-9._-]{0,62}$/, 'expected 1 to 63 lower-case letters, digits, dots, hyphens and underscores');
const label = textInput(200);
const seq = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const payloadText = z
  .string({ error: 'expected JSON text' })
  .max(MAX_PAYLOAD, 'expected at most 256 KiB of JSON text')
  .refine((text) => text.isWellFormed() && isJson(text), 'expected well-formed JSON text');

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const payload = z.unknown().transform((value, context): string => {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  if (text !== undefined && text.length <= MAX_PAYLOAD && text.isWellFormed()) return text;
  context.issues.push({
    code: 'custom',
    message: 'expected what JSON can hold, of at most 256 KiB',
    input: undefined,
  });
  return z.NEVER;
});

/** What a service says of itself that has no outbox. Who and why are taken from the context where they are not given. */
export const recordEvent = z
  .strictObject({
    source: sourceName,
    eventId: idInput,
    type: eventType,
    schemaVersion: z.int().min(1).max(1_000_000).default(1),
    /** The first word of the type where it is not given. */
    aggregate: textInput(63).optional(),
    aggregateId: label,
    /** It must follow the last one of its aggregate, which begins with 1: the expected version is one less. */
    aggregateVersion: seq.min(1).optional(),
    /** The adapter's clock where it is not given. */
    occurredAt: instantInput.optional(),
    traceId: z
      .string()
      .regex(/^[0-9a-f]{32}$/, 'expected 32 hexadecimal digits')
      .optional(),
    spanId: z
      .string()
      .regex(/^[0-9a-f]{16}$/, 'expected 16 hexadecimal digits')
      .optional(),
    correlationId: idInput.optional(),
    causationId: idInput.optional(),
    actor: label.optional(),
    run: idInput.optional(),
    fence: seq.optional(),
    tags: z.array(textInput(63)).min(1).max(32).optional(),
    payload: payload.optional(),
    /** Instead of `payload`: JSON that is kept to the byte. */
    payloadText: payloadText.optional(),
  })
  .refine((event) => event.payload === undefined || event.payloadText === undefined, {
    message: 'payload and payloadText exclude each other',
    path: ['payloadText'],
  });
export type RecordEvent = z.input<typeof recordEvent>;

export const findEvent = z.strictObject({ source: sourceName.optional(), eventId: idInput });
export type FindEvent = z.input<typeof findEvent>;

/** `oldest` first where nothing else is said. Times are from (inclusive) to (exclusive). */
export const listEvents = z.strictObject({
  source: sourceName.optional(),
  types: z.array(eventType).min(1).max(100).optional(),
  aggregate: textInput(63).optional(),
  aggregateId: label.optional(),
  eventId: idInput.optional(),
  traceId: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'expected 32 hexadecimal digits')
    .optional(),
  correlationId: idInput.optional(),
  causationId: idInput.optional(),
  actor: label.optional(),
  run: idInput.optional(),
  /** Events that have one of these. */
  tags: z.array(textInput(63)).min(1).max(32).optional(),
  occurredFrom: instantInput.optional(),
  occurredTo: instantInput.optional(),
  recordedFrom: instantInput.optional(),
  recordedTo: instantInput.optional(),
  firstPosition: seq.optional(),
  lastPosition: seq.optional(),
  sort: z.enum(['oldest', 'newest']).default('oldest'),
  ...pageFields(seq),
});
export type ListEvents = z.input<typeof listEvents>;

/** Oldest first. */
export const listConflicts = z.strictObject({
  source: sourceName.optional(),
  eventId: idInput.optional(),
  ...pageFields(seq),
});
export type ListConflicts = z.input<typeof listConflicts>;
/** Oldest first. */
export const listQuarantined = z.strictObject(pageFields(seq));
export type ListQuarantined = z.input<typeof listQuarantined>;

/** At most so many events a call. */
export const MAX_BATCH = 10_000;
/** Of the buffer: Redis does nothing else meanwhile. */
export const MAX_BUFFERED_BATCH = 1000;

/**
 * The trail: every event once, never changed. The adapter itself reads the configured sources into it (see `Sources`); what has no outbox
 * comes directly. Nothing here changes or removes an event: a new state of a thing is a further event of the same aggregate.
 */
export interface Trail {
  /**
   * Appends one event. The same again answers the first position. Calls at the same time share a transaction.
   * @throws InvalidInputError
   * @throws ConflictError `id-conflict`, `version-conflict` or `source-reserved`
   */
  record(event: RecordEvent, options?: CallOptions): Promise<{ position: number; duplicate: boolean }>;
  /** Appends many, in order, as one commit; answers one outcome each. What is malformed is set aside and harms no other. */
  ingest(events: readonly unknown[], options?: CallOptions): Promise<RecordOutcome[]>;
  /**
   * Hands many over to Redis, for a worker to append them: quicker, and works while PostgreSQL is away. What then turns out to be in
   * conflict or out of version is to be seen in `listConflicts` and `listQuarantined`. Redis can lose what it acknowledged; where
   * that must not be, `ingest` is the way.
   */
  buffer(events: readonly unknown[], options?: CallOptions): Promise<BufferOutcome[]>;
  /** The last event of the trail; what is committed later has higher positions. */
  head(options?: CallOptions): Promise<TrailHead>;
  /** Nothing where there is none. */
  find(position: number, options?: CallOptions): Promise<TrailEvent | undefined>;
  /** `not-found` where the trail has no such position, or it is archived. */
  get(position: number, options?: CallOptions): Promise<TrailEvent>;
  /** By its id, of any source where none is said. */
  findEvent(input: FindEvent, options?: CallOptions): Promise<TrailEvent | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListEvents, options?: CallOptions): Listing<TrailEvent>;
  /** A page when awaited; all of them by `for await`. */
  listConflicts(input?: ListConflicts, options?: CallOptions): Listing<TrailConflict>;
  /** A page when awaited; all of them by `for await`. */
  listQuarantined(input?: ListQuarantined, options?: CallOptions): Listing<QuarantinedEvent>;
}
