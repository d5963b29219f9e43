import {
  type AdapterContext,
  type CallOptions,
  ConflictError,
  type Listing,
  arrayLiteral,
  currentContext,
  isAdapterError,
  listing,
  operation,
  queryBuilder,
  refusal,
  statement,
  toPage,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { AccessLogRepository } from '../access-log/access-log.repository.ts';
import type { Tables } from '../schema.ts';
import { type DirectEvents, invalidOutcome, receivedText } from './direct-events.repository.ts';
import type { IngestBufferStore } from './ingest-buffer.store.ts';
import { leafColumns } from './leaf.ts';
import { leafHashText, toTrailEvent } from './trail-rows.ts';
import {
  type BufferOutcome,
  type FindEvent,
  type ListConflicts,
  type ListEvents,
  type ListQuarantined,
  MAX_BATCH,
  MAX_BUFFERED_BATCH,
  type QuarantinedEvent,
  type RecordEvent,
  type RecordOutcome,
  type Trail,
  type TrailConflict,
  type TrailEvent,
  type TrailHead,
  findEvent,
  listConflicts,
  listEvents,
  listQuarantined,
  recordEvent,
} from './trail.ts';

const db = queryBuilder<Tables>();
const seq = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

const statements = {
  head: statement('audit.trail.head', 'read', () => db.selectFrom('trail_head').select(['position', 'recorded_at'])),
  find: statement('audit.trail.find', 'read', (p: { position: number }) =>
    db.selectFrom('events').select(leafColumns).select(leafHashText).where('position', '=', p.position),
  ),
  findEvent: statement('audit.trail.find-event', 'read', (p: { eventId: string }) =>
    db.selectFrom('events').select(leafColumns).select(leafHashText).where('event_id', '=', p.eventId).limit(100),
  ),
};

const operations = {
  record: operation('audit.trail.record', recordEvent, (event) => event.eventId),
  ingest: operation(
    'audit.trail.ingest',
    z.array(z.unknown(), { error: 'expected an array of events' }).min(1).max(MAX_BATCH),
  ),
  buffer: operation(
    'audit.trail.buffer',
    z.array(z.unknown(), { error: 'expected an array of events' }).min(1).max(MAX_BUFFERED_BATCH),
  ),
  head: operation('audit.trail.head', z.undefined()),
  find: operation('audit.trail.find', z.strictObject({ position: seq })),
  get: operation('audit.trail.get', z.strictObject({ position: seq })),
  findEvent: operation('audit.trail.findEvent', findEvent),
  list: operation('audit.trail.list', listEvents),
  listConflicts: operation('audit.trail.listConflicts', listConflicts),
  listQuarantined: operation('audit.trail.listQuarantined', listQuarantined),
};
export class TrailRepository implements Trail {
  readonly #context: AdapterContext;
  readonly #direct: DirectEvents;
  readonly #buffer: IngestBufferStore;
  readonly #access: AccessLogRepository;

  constructor(
    context: AdapterContext,
    parts: { direct: DirectEvents; buffer: IngestBufferStore; access: AccessLogRepository },
  ) {
    this.#context = context;
    this.#direct = parts.direct;
    this.#buffer = parts.buffer;
    this.#access = parts.access;
  }

  record(event: RecordEvent, options?: CallOptions): Promise<{ position: number; duplicate: boolean }> {
    return this.#context.run(operations.record, event, options, async (given) => {
      const outcome = await this.#direct.appendOne(given, currentContext());
      if (outcome.ok) return { position: outcome.position, duplicate: outcome.duplicate };
      throw new ConflictError(outcome.code, outcome.message, { source: given.source, eventId: given.eventId });
    });
  }

  ingest(events: readonly unknown[], options?: CallOptions): Promise<RecordOutcome[]> {
    return this.#context.run(operations.ingest, events, options, (given) => {
      const context = currentContext();
      return this.#direct.ingest(given.map((event) => ({ event, context })));
    });
  }

  buffer(events: readonly unknown[], options?: CallOptions): Promise<BufferOutcome[]> {
    return this.#context.run(operations.buffer, events, options, async (given): Promise<BufferOutcome[]> => {
      const context = currentContext();
      const outcomes = given.map((event) => invalidOutcome(event) ?? ({ ok: true, state: 'buffered' } as const));
      try {
        // Also what is malformed: it is set aside where it can be seen, as soon as the trail is reached.
        await this.#buffer.append(given.map(receivedText), context);
        return outcomes;
      } catch (error) {
        const isAway = isAdapterError(error) && (error.kind === 'unavailable' || error.kind === 'outcome-unknown');
        if (!isAway || error.code === 'ingest-buffer-full') throw error;
        // Where the reply alone was lost they come again from the buffer, and are known by their ids.
        const recorded = await this.#direct.ingest(given.map((event) => ({ event, context })));
        return recorded.map((outcome) => (outcome.ok ? { ...outcome, state: 'recorded' } : outcome));
      }
    });
  }

  head(options?: CallOptions): Promise<TrailHead> {
    return this.#context.run(operations.head, undefined, options, async () => {
      const row = await this.#context.pg.one(statements.head, undefined);
      return { position: row.position, recordedAt: row.recorded_at };
    });
  }

  find(position: number, options?: CallOptions): Promise<TrailEvent | undefined> {
    return this.#context.run(operations.find, { position }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.find, input);
      return this.#access.logged('audit.trail.find', input, row && toTrailEvent(row), row ? 1 : 0);
    });
  }

  get(position: number, options?: CallOptions): Promise<TrailEvent> {
    return this.#context.run(operations.get, { position }, options, async (input) => {
      const row = await this.#context.pg.maybe(statements.find, input);
      if (!row) throw refusal('unknown-position', { position: input.position });
      return this.#access.logged('audit.trail.get', input, toTrailEvent(row), 1);
    });
  }

  findEvent(input: FindEvent, options?: CallOptions): Promise<TrailEvent | undefined> {
    return this.#context.run(operations.findEvent, input, options, async ({ source, eventId }) => {
      const rows = await this.#context.pg.many(statements.findEvent, { eventId });
      const row = rows
        .filter((each) => source === undefined || each.source === source)
        .toSorted((a, b) => a.position - b.position)[0];
      return this.#access.logged('audit.trail.findEvent', { source, eventId }, row && toTrailEvent(row), row ? 1 : 0);
    });
  }

  list(input: ListEvents = {}, options?: CallOptions): Listing<TrailEvent> {
    return listing(input, (page) =>
      this.#context.run(operations.list, page, options, async (given) => {
        const newest = given.sort === 'newest';
        const selective = [
          given.eventId,
          given.traceId,
          given.correlationId,
          given.causationId,
          given.aggregateId,
          given.run,
        ];
        // In order of the expression: with the plain column the planner walks the whole trail where it hopes to meet the few soon.
        const order = selective.some((each) => each !== undefined) ? sql<number>`position + 0` : sql.ref('position');
        let query = db
          .selectFrom('events')
          .select(leafColumns)
          .select(leafHashText)
          .orderBy(order, newest ? 'desc' : 'asc')
          .limit(given.limit + 1);
        if (given.source !== undefined) query = query.where('source', '=', given.source);
        if (given.types !== undefined) query = query.where('type', 'in', given.types);
        if (given.aggregate !== undefined) query = query.where('aggregate', '=', given.aggregate);
        if (given.aggregateId !== undefined) query = query.where('aggregate_id', '=', given.aggregateId);
        if (given.eventId !== undefined) query = query.where('event_id', '=', given.eventId);
        if (given.traceId !== undefined) query = query.where('trace_id', '=', given.traceId);
        if (given.correlationId !== undefined) query = query.where('correlation_id', '=', given.correlationId);
        if (given.causationId !== undefined) query = query.where('causation_id', '=', given.causationId);
        if (given.actor !== undefined) query = query.where('actor', '=', given.actor);
        if (given.run !== undefined) query = query.where('run_id', '=', given.run);
        if (given.tags !== undefined)
          query = query.where(sql<boolean>`tags is not null and tags && ${arrayLiteral(given.tags)}::text[]`);
        if (given.occurredFrom !== undefined) query = query.where('occurred_at', '>=', given.occurredFrom);
        if (given.occurredTo !== undefined) query = query.where('occurred_at', '<', given.occurredTo);
        // Blocks know which positions a window of time has: an index of a few entries for thousands of events.
        if (given.recordedFrom !== undefined)
          query = query
            .where('recorded_at', '>=', given.recordedFrom)
            .where(
              sql<boolean>`position > coalesce((select max(last_position) from blocks where last_recorded_at < ${given.recordedFrom}), 0)`,
            );
        if (given.recordedTo !== undefined)
          query = query
            .where('recorded_at', '<', given.recordedTo)
            .where(
              sql<boolean>`position < coalesce((select min(first_position) from blocks where first_recorded_at >= ${given.recordedTo}), 9223372036854775807)`,
            );
        if (given.firstPosition !== undefined) query = query.where('position', '>=', given.firstPosition);
        if (given.lastPosition !== undefined) query = query.where('position', '<=', given.lastPosition);
        if (given.cursor) query = query.where('position', newest ? '<' : '>', given.cursor[0]);
        const rows = await this.#context.pg.query('audit.trail.list', 'replica', query);
        const found = toPage(rows.map(toTrailEvent), given.limit, ({ position }) => [position]);
        return this.#access.logged('audit.trail.list', given, found, found.items.length);
      }),
    );
  }

  listConflicts(input: ListConflicts = {}, options?: CallOptions): Listing<TrailConflict> {
    return listing(input, (page) =>
      this.#context.run(operations.listConflicts, page, options, async ({ source, eventId, cursor: after, limit }) => {
        let query = db
          .selectFrom('conflicts')
          .select(['id', 'source', 'event_id', 'position', 'offered', 'recorded_at'])
          .orderBy('id')
          .limit(limit + 1);
        if (source !== undefined) query = query.where('source', '=', source);
        if (eventId !== undefined) query = query.where('event_id', '=', eventId);
        if (after) query = query.where('id', '>', after[0]);
        const rows = await this.#context.pg.query('audit.trail.listConflicts', 'read', query);
        const found = rows.map(({ event_id, recorded_at, ...row }) => ({
          ...row,
          eventId: event_id,
          recordedAt: recorded_at,
        }));
        const conflicts = toPage(found, limit, ({ id }) => [id]);
        return this.#access.logged('audit.trail.listConflicts', { source, eventId }, conflicts, conflicts.items.length);
      }),
    );
  }

  listQuarantined(input: ListQuarantined = {}, options?: CallOptions): Listing<QuarantinedEvent> {
    return listing(input, (page) =>
      this.#context.run(operations.listQuarantined, page, options, async ({ cursor: after, limit }) => {
        let query = db
          .selectFrom('quarantine')
          .select(['id', 'received', 'reason', 'actor', 'recorded_at'])
          .orderBy('id')
          .limit(limit + 1);
        if (after) query = query.where('id', '>', after[0]);
        const rows = await this.#context.pg.query('audit.trail.listQuarantined', 'read', query);
        const found = rows.map(({ recorded_at, actor, ...row }) => ({
          ...row,
          ...(actor !== null && { actor }),
          recordedAt: recorded_at,
        }));
        const poison = toPage(found, limit, ({ id }) => [id]);
        return this.#access.logged('audit.trail.listQuarantined', {}, poison, poison.items.length);
      }),
    );
  }
}
