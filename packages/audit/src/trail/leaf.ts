import { hash } from 'node:crypto';

/** Of the form that `encodeLeaf` writes; a block says which one its leaves have. */
export const CANON_VERSION = 1;

/** What an event's leaf covers: all that the trail keeps of it. Instants as `2026-11-24T08:08:51.123456Z`. */
export interface LeafFields {
  position: number;
  recordedAt: string;
  source: string;
  sourceSeq?: number | undefined;
  eventId: string;
  type: string;
  schemaVersion: number;
  aggregate: string;
  aggregateId: string;
  aggregateVersion?: number | undefined;
  occurredAt: string;
  sourceRecordedAt?: string | undefined;
  traceId?: string | undefined;
  spanId?: string | undefined;
  correlationId?: string | undefined;
  causationId?: string | undefined;
  actor?: string | undefined;
  run?: string | undefined;
  fence?: number | undefined;
  answers?: { readonly source: string; readonly publishSeq: number } | undefined;
  tags?: readonly string[] | undefined;
  payloadText: string;
}

/** The columns in the order of the canonical form, as COPY names them. */
export const leafColumns = [
  'position',
  'recorded_at',
  'source',
  'source_seq',
  'event_id',
  'type',
  'schema_version',
  'aggregate',
  'aggregate_id',
  'aggregate_version',
  'occurred_at',
  'source_recorded_at',
  'trace_id',
  'span_id',
  'correlation_id',
  'causation_id',
  'actor',
  'run_id',
  'fence',
  'answers_source',
  'answers_seq',
  'tags',
  'payload',
] as const;

/** Microseconds from 1970 to 2000, where PostgreSQL's binary instants begin. */
const EPOCH_2000_MS = 946_684_800_000;
const TEXT_OID = 25;

let recent = { second: '', millis: 0 };
let before = recent;

/** Milliseconds since 2000 of the whole second. Events of a batch share that of their recording, and often that of what they say. */
function secondMillis(instant: string): number {
  const second = instant.slice(0, 19);
  if (second === recent.second) return recent.millis;
  [recent, before] = [before, recent];
  if (second !== recent.second) recent = { second, millis: Date.parse(`${second}Z`) - EPOCH_2000_MS };
  return recent.millis;
}

/** Bytes of rows, written one after the other into a buffer that grows. */
export class LeafEncoder {
  #buffer: Buffer<ArrayBuffer>;
  #at = 0;

  constructor(bytes = 64 * 1024) {
    this.#buffer = Buffer.allocUnsafe(bytes);
  }

  get length(): number {
    return this.#at;
  }

  /** What was written since the last call; the encoder begins anew. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#at);
    this.#buffer = Buffer.allocUnsafe(this.#buffer.length);
    this.#at = 0;
    return taken;
  }

  bytes(from: number, to = this.#at): Buffer {
    return this.#buffer.subarray(from, to);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = value;
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  absent(): void {
    this.#reserve(4);
    this.#at = this.#buffer.writeInt32BE(-1, this.#at);
  }

  int32(value: number): void {
    this.#reserve(8);
    this.#buffer.writeInt32BE(4, this.#at);
    this.#at = this.#buffer.writeInt32BE(value, this.#at + 4);
  }

  /** A safe integer. */
  int64(value: number | undefined): void {
    if (value === undefined) return this.absent();
    this.#reserve(12);
    this.#buffer.writeInt32BE(8, this.#at);
    const high = Math.floor(value / 0x1_0000_0000);
    this.#buffer.writeInt32BE(high, this.#at + 4);
    this.#at = this.#buffer.writeUInt32BE(value - high * 0x1_0000_0000, this.#at + 8);
  }

  instant(value: string | undefined): void {
    if (value === undefined) return this.absent();
    // Beyond the safe integers in microseconds only before 1714 and after 2285, where the sum below would round.
    const millis = secondMillis(value);
    const micros = Number(value.slice(20, 26));
    if (Math.abs(millis) < 9_000_000_000_000) return this.int64(millis * 1000 + micros);
    this.#reserve(12);
    this.#buffer.writeInt32BE(8, this.#at);
    this.#at = this.#buffer.writeBigInt64BE(BigInt(millis) * 1000n + BigInt(micros), this.#at + 4);
  }

  text(value: string | undefined): void {
    if (value === undefined) return this.absent();
    // A UTF-16 unit has at most three bytes.
    this.#reserve(4 + value.length * 3);
    const bytes = this.#buffer.write(value, this.#at + 4, 'utf8');
    this.#buffer.writeInt32BE(bytes, this.#at);
    this.#at += 4 + bytes;
  }

  texts(values: readonly string[] | undefined): void {
    if (values === undefined) return this.absent();
    const start = this.#at;
    this.#reserve(24);
    const { length } = values;
    let at = this.#at + 4;
    for (const header of length === 0 ? [0, 0, TEXT_OID] : [1, 0, TEXT_OID, length, 1])
      at = this.#buffer.writeInt32BE(header, at);
    this.#at = at;
    for (const value of values) this.text(value);
    this.#buffer.writeInt32BE(this.#at - start - 4, start);
  }

  /** Bytes that come as characters, one each. */
  bytesOf(value: string): void {
    this.#reserve(4 + value.length);
    this.#at = this.#buffer.writeInt32BE(value.length, this.#at);
    this.#at += this.#buffer.write(value, this.#at, 'latin1');
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/**
 * The canonical form of an event, version 1: each field in its order as four bytes of length (big-endian, -1 where it is absent) and its
 * bytes. Text is UTF-8, a number eight bytes (the schema version four) big-endian, an instant the microseconds since 2000-01-01 UTC, tags a
 * one-dimensional array. It is what PostgreSQL's binary COPY carries, so that the trail is hashed as it is stored and as it is read.
 */
export function encodeFields(to: LeafEncoder, event: LeafFields): void {
  to.int64(event.position);
  to.instant(event.recordedAt);
  to.text(event.source);
  to.int64(event.sourceSeq);
  to.text(event.eventId);
  to.text(event.type);
  to.int32(event.schemaVersion);
  to.text(event.aggregate);
  to.text(event.aggregateId);
  to.int64(event.aggregateVersion);
  to.instant(event.occurredAt);
  to.instant(event.sourceRecordedAt);
  to.text(event.traceId);
  to.text(event.spanId);
  to.text(event.correlationId);
  to.text(event.causationId);
  to.text(event.actor);
  to.text(event.run);
  to.int64(event.fence);
  to.text(event.answers?.source);
  to.int64(event.answers?.publishSeq);
  to.texts(event.tags);
  to.text(event.payloadText);
}

/** The canonical form by itself. */
export function canonicalForm(event: LeafFields): Buffer {
  const encoder = new LeafEncoder(1024 + event.payloadText.length);
  encodeFields(encoder, event);
  return encoder.bytes(0);
}

/** The leaf's hash: SHA-256 over the byte 0 (RFC 6962, 2.1) and the canonical form. */
export function leafHash(event: LeafFields): Buffer {
  const encoder = new LeafEncoder(1024 + event.payloadText.length);
  encoder.byte(0);
  encodeFields(encoder, event);
  return hash('sha256', encoder.bytes(0), 'buffer');
}
