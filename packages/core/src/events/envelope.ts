import type { Instant } from '../values/instant.ts';
import type { Envelope } from './event.ts';

/** An event as it travels: its payload is the text that was published. */
export interface StreamedEvent extends Envelope {
  readonly payloadText: string;
}

/** A row of the outbox, its payload as text. */
export interface OutboxRow {
  publish_seq: number;
  event_id: string;
  type: string;
  schema_version: number;
  aggregate: string;
  aggregate_id: string;
  aggregate_version: number;
  payload: string;
  occurred_at: string;
  recorded_at: string;
  trace_id: string | null;
  span_id: string | null;
  correlation_id: string | null;
  causation_id: string | null;
  actor: string | null;
  run_id: string | null;
  fence: number | null;
  source: string | null;
  source_seq: number | null;
}

/** The envelope of a row; the source and the number stand in the key and the id of the stream's entry. */
export const encodeEnvelope = (row: OutboxRow): string =>
  JSON.stringify({
    id: row.event_id,
    type: row.type,
    version: row.schema_version,
    aggregate: row.aggregate,
    aggregateId: row.aggregate_id,
    aggregateVersion: row.aggregate_version,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    traceId: row.trace_id ?? undefined,
    spanId: row.span_id ?? undefined,
    correlationId: row.correlation_id ?? undefined,
    causationId: row.causation_id ?? undefined,
    actor: row.actor ?? undefined,
    run: row.run_id ?? undefined,
    fence: row.fence ?? undefined,
    answers: row.source === null ? undefined : { source: row.source, publishSeq: row.source_seq },
  });

/** An entry of a stream: `<number>-0` with the fields `event` (the envelope) and `payload`. */
export function decodeEntry(source: string, id: string, fields: readonly string[]): StreamedEvent {
  const envelope = JSON.parse(fields[1]!) as Omit<Envelope, 'source' | 'publishSeq'>;
  return { ...envelope, source, publishSeq: numberOf(id), payloadText: fields[3]! };
}

/** The number in an id of a stream's entry. */
export const numberOf = (id: string): number => Number(id.slice(0, id.indexOf('-')));

/** What `<prefix>:published` says: everything that was ever to be published by these times is in the stream, up to this number. */
export interface Published {
  readonly publishSeq: number;
  /** Absent until the relay has run for as long as the longest call. */
  readonly databaseTime?: Instant;
  readonly businessTime?: Instant;
}
