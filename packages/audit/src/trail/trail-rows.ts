import type { Instant } from '@tse/core';
import { sql } from 'kysely';
import type { TrailEvent } from './trail.ts';

export const leafHashText = sql<string>`encode(leaf_hash, 'hex')`.as('leaf_hash_text');

export interface EventRow {
  position: number;
  recorded_at: Instant;
  source: string;
  source_seq: number | null;
  event_id: string;
  type: string;
  schema_version: number;
  aggregate: string;
  aggregate_id: string;
  aggregate_version: number | null;
  occurred_at: Instant;
  source_recorded_at: Instant | null;
  trace_id: string | null;
  span_id: string | null;
  correlation_id: string | null;
  causation_id: string | null;
  actor: string | null;
  run_id: string | null;
  fence: number | null;
  answers_source: string | null;
  answers_seq: number | null;
  tags: string[] | null;
  payload: string;
  leaf_hash_text: string;
}

/** A payload that is no JSON any more is shown as its text: the trail tells what it holds. */
function parsedPayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const toTrailEvent = (row: EventRow): TrailEvent => ({
  position: row.position,
  recordedAt: row.recorded_at,
  source: row.source,
  ...(row.source_seq !== null && { sourceSeq: row.source_seq }),
  eventId: row.event_id,
  type: row.type,
  schemaVersion: row.schema_version,
  aggregate: row.aggregate,
  aggregateId: row.aggregate_id,
  ...(row.aggregate_version !== null && { aggregateVersion: row.aggregate_version }),
  occurredAt: row.occurred_at,
  ...(row.source_recorded_at !== null && { sourceRecordedAt: row.source_recorded_at }),
  ...(row.trace_id !== null && { traceId: row.trace_id }),
  ...(row.span_id !== null && { spanId: row.span_id }),
  ...(row.correlation_id !== null && { correlationId: row.correlation_id }),
  ...(row.causation_id !== null && { causationId: row.causation_id }),
  ...(row.actor !== null && { actor: row.actor }),
  ...(row.run_id !== null && { run: row.run_id }),
  ...(row.fence !== null && { fence: row.fence }),
  ...(row.answers_source !== null && { answers: { source: row.answers_source, publishSeq: row.answers_seq ?? 0 } }),
  ...(row.tags !== null && { tags: row.tags }),
  payload: parsedPayload(row.payload),
  payloadText: row.payload,
  leafHash: row.leaf_hash_text,
});
