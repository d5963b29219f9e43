import { type AdapterDefinition, type InstanceTarget, openFacts } from '@tse/core/admin';

/** An event as its adapter wrote it. */
export interface WrittenEvent extends Record<string, unknown> {
  /** Absent as long as the relay has not numbered it. */
  readonly publishSeq: number | null;
  readonly eventId: string;
  readonly type: string;
  readonly aggregateId: string;
  readonly occurredAt: string;
  readonly correlationId: string | null;
  readonly payload: unknown;
}

export interface EventFilter {
  readonly types?: readonly string[] | undefined;
  readonly aggregateId?: string | undefined;
  readonly correlationId?: string | undefined;
  /** Only numbered events from this number on. */
  readonly from?: number | undefined;
  readonly limit: number;
}

/** In the order of their numbers, those without one last: the newest `limit` of them, or the first from a number on. */
export async function readEvents(
  definition: AdapterDefinition,
  target: InstanceTarget,
  { types, aggregateId, correlationId, from, limit }: EventFilter,
): Promise<WrittenEvent[]> {
  await using facts = await openFacts(definition, target);
  const order = from === undefined ? 'publish_seq desc nulls first, id desc' : 'publish_seq';
  const events = await facts.query<WrittenEvent>(
    `select publish_seq as "publishSeq", event_id as "eventId", type, aggregate, aggregate_id as "aggregateId",
       aggregate_version as "aggregateVersion", occurred_at as "occurredAt", recorded_at as "recordedAt",
       correlation_id as "correlationId", causation_id as "causationId", actor, run_id as "runId", payload
     from facts_events
     where ($1::text[] is null or type = any($1)) and ($2::text is null or aggregate_id = $2)
       and ($3::text is null or correlation_id = $3) and ($4::bigint is null or publish_seq >= $4)
     order by ${order} limit $5`,
    [types ?? null, aggregateId ?? null, correlationId ?? null, from ?? null, limit],
  );
  return from === undefined ? events.reverse() : events;
}

/** The number of the last event that has one. */
export async function lastEvent(definition: AdapterDefinition, target: InstanceTarget): Promise<number> {
  await using facts = await openFacts(definition, target);
  const [row] = await facts.query<{ seq: number }>('select coalesce(max(publish_seq), 0) as seq from facts_events');
  return row!.seq;
}

export const eventLine = ({ publishSeq, occurredAt, type, aggregateId, correlationId }: WrittenEvent): string =>
  [String(publishSeq ?? '-').padStart(8), occurredAt, type.padEnd(24), aggregateId, correlationId ?? '']
    .join('  ')
    .trimEnd();
