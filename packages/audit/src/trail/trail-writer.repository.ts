import {
  type AdapterContext,
  type Instant,
  InternalError,
  type Queries,
  type StreamedEvent,
  answers,
  functionCall,
  queryBuilder,
  statement,
} from '@tse/core';
import type { Tables } from '../schema.ts';
import { copyEvents, encodedRows } from './event-rows.ts';
import type { LeafFields } from './leaf.ts';

const db = queryBuilder<Tables>();

const statements = {
  number: functionCall(
    'audit.trail.number',
    'write',
    'number_trail',
    ['count'],
    answers<{ after_position: number; recorded_at: Instant }>(),
  ),
  ensure: functionCall(
    'audit.trail.ensure-partitions',
    'write',
    'ensure_event_partitions',
    ['until', 'width'],
    answers<{ ensure_event_partitions: number }>(),
  ),
  head: statement('audit.trail.head', 'read', () => db.selectFrom('trail_head').select(['position', 'recorded_at'])),
  partitions: statement('audit.trail.partitions', 'read', () =>
    db
      .selectFrom('event_partitions')
      .select(['partition_name', 'lower_position', 'upper_position'])
      .orderBy('lower_position'),
  ),
};

/** An event before it has a place. */
export type UnplacedEvent = Omit<LeafFields, 'position' | 'recordedAt'>;

export interface TrailWriterOptions {
  /** Events of one partition. */
  readonly partitionWidth: number;
}

/** The one way into the trail: numbered, hashed and inserted in the caller's transaction. */
export class TrailWriter {
  readonly partitionWidth: number;
  readonly #context: AdapterContext;
  readonly #ingested: (values: object, by: number) => void;
  /** Positions below it have a partition. */
  #upper = 0;
  #last = 0;

  constructor(context: AdapterContext, { partitionWidth }: TrailWriterOptions) {
    this.#context = context;
    this.partitionWidth = partitionWidth;
    this.#ingested = context.telemetry.counter('audit_trail_events_total', 'Events appended to the trail');
  }

  /** Makes partitions for at least this many events more, where they may be missing. Outside of the transaction that writes. */
  async ensureRoom(count: number): Promise<void> {
    if (this.#last + count < this.#upper && this.#last > 0) return;
    const { pg } = this.#context;
    this.#last = (await pg.one(statements.head, undefined)).position + 1;
    const until = this.#last + Math.max(count * 2, Math.floor(this.partitionWidth / 2));
    const found = await pg.many(statements.partitions, undefined);
    this.#upper = found.at(-1)?.upper_position ?? 0;
    if (until < this.#upper) return;
    this.#upper = (await pg.one(statements.ensure, { until, width: this.partitionWidth })).ensure_event_partitions;
  }

  /** Positions ahead of the head that have a partition already. */
  async roomAhead(): Promise<{ position: number; ahead: number }> {
    const { pg } = this.#context;
    const [{ position }, found] = await Promise.all([
      pg.one(statements.head, undefined),
      pg.many(statements.partitions, undefined),
    ]);
    return { position, ahead: (found.at(-1)?.upper_position ?? 1) - 1 - position };
  }

  /** Appends in the transaction; answers the position before the first. The head stays locked until it ends. */
  async append(tx: Queries, events: readonly UnplacedEvent[]): Promise<number> {
    if (events.length === 0) return 0;
    const { after_position: after, recorded_at: recordedAt } = await tx.one(statements.number, {
      count: events.length,
    });
    await this.insert(tx, placed(events, after, recordedAt), after, events.length);
    return after;
  }

  async appendStreamed(tx: Queries, events: readonly StreamedEvent[]): Promise<number> {
    const { after_position: after, recorded_at: recordedAt } = await tx.one(statements.number, {
      count: events.length,
    });
    await this.insert(tx, streamed(events, after, recordedAt), after, events.length);
    return after;
  }

  async insert(tx: Queries, rows: Iterable<LeafFields>, after: number, count: number): Promise<void> {
    const inserted = await tx.copyIn('audit.trail.insert', copyEvents, encodedRows(rows));
    if (inserted !== count)
      throw new InternalError('row-count', `the trail took ${inserted} events instead of ${count}`);
    this.#last = Math.max(this.#last, after + count);
    this.#ingested({}, count);
  }
}

function* placed(events: readonly UnplacedEvent[], after: number, recordedAt: Instant): Generator<LeafFields> {
  let position = after;
  for (const event of events) yield { ...event, position: (position += 1), recordedAt };
}

function* streamed(events: readonly StreamedEvent[], after: number, recordedAt: Instant): Generator<LeafFields> {
  let position = after;
  for (const event of events) {
    yield {
      position: (position += 1),
      recordedAt,
      source: event.source,
      sourceSeq: event.publishSeq,
      eventId: event.id,
      type: event.type,
      schemaVersion: event.version,
      aggregate: event.aggregate,
      aggregateId: event.aggregateId,
      aggregateVersion: event.aggregateVersion,
      occurredAt: event.occurredAt,
      sourceRecordedAt: event.recordedAt,
      traceId: event.traceId,
      spanId: event.spanId,
      correlationId: event.correlationId,
      causationId: event.causationId,
      actor: event.actor,
      run: event.run,
      fence: event.fence,
      answers: event.answers,
      payloadText: event.payloadText,
    };
  }
}
