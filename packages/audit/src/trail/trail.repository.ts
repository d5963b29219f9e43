import {
  type AdapterContext,
  type CallOptions,
  ConflictError,
  type Context,
  type Instant,
  InvalidInputError,
  type Issue,
  type Listing,
  type Queries,
  answers,
  arrayLiteral,
  currentContext,
  functionCall,
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
import { eventColumns, leafHashText, toTrailEvent } from './trail-rows.ts';
import type { TrailWriter, UnplacedEvent } from './trail-writer.repository.ts';
import {
  type FindEvent,
  type ListConflicts,
  type ListEvents,
  type ListQuarantined,
  MAX_BATCH,
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
const MAX_QUARANTINED = 64 * 1024;

const statements = {
  admit: functionCall(
    'audit.trail.admit',
    'write',
    'admit_events',
    ['sources', 'eventIds', 'aggregates', 'aggregateIds', 'versions'],
    answers<{
      after_position: number;
      recorded_at: Instant;
      outcomes: ('new' | 'seen' | 'version-conflict')[] | null;
      positions: number[] | null;
    }>(),
  ),
  head: statement('audit.trail.head', 'read', () => db.selectFrom('trail_head').select(['position', 'recorded_at'])),
  find: statement('audit.trail.find', 'read', (p: { position: number }) =>
    db.selectFrom('events').select(eventColumns).select(leafHashText).where('position', '=', p.position),
  ),
  findEvent: statement('audit.trail.find-event', 'read', (p: { eventId: string }) =>
    db.selectFrom('events').select(eventColumns).select(leafHashText).where('event_id', '=', p.eventId).limit(100),
  ),
  atPositions: statement('audit.trail.at-positions', 'read', (p: { positions: string }) =>
    db
      .selectFrom('events')
      .select(eventColumns)
      .select(leafHashText)
      .where('position', '=', sql<number>`any(${p.positions}::bigint[])`),
  ),
  reserved: statement('audit.trail.reserved', 'read', (p: { names: string }) =>
    db
      .selectFrom('sources')
      .select('id')
      .where('id', '=', sql<string>`any(${p.names}::text[])`),
  ),
  conflict: statement(
    'audit.trail.conflict',
    'write',
    (p: { source: string; eventId: string; position: number; offered: string }) =>
      db
        .insertInto('conflicts')
        .values({ source: p.source, event_id: p.eventId, position: p.position, offered: p.offered }),
  ),
  quarantine: statement(
    'audit.trail.quarantine',
    'write',
    (p: { received: string; reasons: string; actor: string | null }) =>
      db
        .insertInto('quarantine')
        .columns(['received', 'reason', 'actor'])
        .expression(
          db.selectNoFrom([
            sql<string>`unnest(${p.received}::text[])`.as('received'),
            sql<string>`unnest(${p.reasons}::text[])`.as('reason'),
            sql<string | null>`${p.actor}::text`.as('actor'),
          ]),
        ),
  ),
};

const operations = {
  record: operation('audit.trail.record', recordEvent, (event) => event.eventId),
  ingest: operation(
    'audit.trail.ingest',
    z.array(z.unknown(), { error: 'expected an array of events' }).min(1).max(MAX_BATCH),
  ),
  head: operation('audit.trail.head', z.undefined()),
  find: operation('audit.trail.find', z.strictObject({ position: seq })),
  get: operation('audit.trail.get', z.strictObject({ position: seq })),
  findEvent: operation('audit.trail.findEvent', findEvent),
  list: operation('audit.trail.list', listEvents),
  listConflicts: operation('audit.trail.listConflicts', listConflicts),
  listQuarantined: operation('audit.trail.listQuarantined', listQuarantined),
};
const parseEvent = z.compile(recordEvent);
type GivenEvent = z.output<typeof recordEvent>;
/** `saysWhen`: its business time came with it, so that another one is another content. */
type DirectEvent = UnplacedEvent & { saysWhen: boolean };

export class TrailRepository implements Trail {
  readonly #context: AdapterContext;
  readonly #writer: TrailWriter;
  readonly #access: AccessLogRepository;
  readonly #quarantined: (values: object, by: number) => void;
  /** Names that no source has, as last looked. */
  #free = new Set<string>();
  #freeAt = 0;

  constructor(context: AdapterContext, writer: TrailWriter, access: AccessLogRepository) {
    this.#context = context;
    this.#writer = writer;
    this.#access = access;
    this.#quarantined = context.telemetry.counter('audit_quarantined_events_total', 'Events that could not be taken');
  }

  record(event: RecordEvent, options?: CallOptions): Promise<{ position: number; duplicate: boolean }> {
    return this.#context.run(operations.record, event, options, async (given) => {
      const [outcome] = await this.#append([this.#direct(given, currentContext())]);
      if (outcome!.ok) return { position: outcome!.position, duplicate: outcome!.duplicate };
      throw new ConflictError(outcome!.code, outcome!.message, { source: given.source, eventId: given.eventId });
    });
  }

  ingest(events: readonly unknown[], options?: CallOptions): Promise<RecordOutcome[]> {
    return this.#context.run(operations.ingest, events, options, async (given) => {
      const outcomes: (RecordOutcome | undefined)[] = Array.from({ length: given.length });
      const context = currentContext();
      const accepted: { at: number; event: DirectEvent }[] = [];
      const poison: { received: unknown; issues: Issue[] }[] = [];
      for (const [at, received] of given.entries()) {
        const parsed = parseEvent.safeParse(received);
        if (parsed.success) {
          accepted.push({ at, event: this.#direct(parsed.data, context) });
          continue;
        }
        const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
        outcomes[at] = { ok: false, code: 'invalid', message: new InvalidInputError(issues).message, issues };
        poison.push({ received, issues });
      }
      if (poison.length > 0) await this.#setAside(poison, context);
      const found = await this.#append(accepted.map(({ event }) => event));
      for (const [i, { at }] of accepted.entries()) outcomes[at] = found[i]!;
      return outcomes as RecordOutcome[];
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
          .select(eventColumns)
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

  #direct(given: GivenEvent, context: Context): DirectEvent {
    const { payload, payloadText, occurredAt, aggregate, ...event } = given;
    const traceId = event.traceId ?? context.traceId;
    return {
      source: event.source,
      eventId: event.eventId,
      type: event.type,
      schemaVersion: event.schemaVersion,
      aggregate: aggregate ?? event.type.slice(0, event.type.indexOf('.')),
      aggregateId: event.aggregateId,
      aggregateVersion: event.aggregateVersion,
      occurredAt: occurredAt ?? this.#context.clock.now(),
      traceId,
      spanId: event.spanId ?? context.spanId,
      correlationId: event.correlationId ?? context.correlationId ?? traceId,
      causationId: event.causationId ?? context.causationId,
      actor: event.actor ?? context.actor,
      run: event.run ?? context.run,
      fence: event.fence ?? context.fence,
      tags: event.tags,
      payloadText: payloadText ?? payload ?? '{}',
      saysWhen: occurredAt !== undefined,
    };
  }

  async #append(given: readonly DirectEvent[]): Promise<RecordOutcome[]> {
    if (given.length === 0) return [];
    const outcomes: (RecordOutcome | undefined)[] = Array.from({ length: given.length });
    const reserved = await this.#reserved(given);
    // Of those with one id the first goes in; the others are judged by it.
    const firsts = new Map<string, number>();
    const members: number[] = [];
    for (const [i, event] of given.entries()) {
      if (reserved.has(event.source)) {
        outcomes[i] = refused('source-reserved', `${event.source} is read from its own stream`);
        continue;
      }
      const id = `${event.source} ${event.eventId}`;
      if (firsts.has(id)) continue;
      firsts.set(id, i);
      members.push(i);
    }
    if (members.length > 0) {
      await this.#writer.ensureRoom(members.length);
      const decided = await this.#context.pg.transaction('audit.trail.append', (tx) =>
        this.#appendIn(
          tx,
          members.map((i) => given[i]!),
        ),
      );
      for (const [n, i] of members.entries()) outcomes[i] = decided[n]!;
    }
    for (const [i, event] of given.entries()) {
      if (outcomes[i]) continue;
      const first = firsts.get(`${event.source} ${event.eventId}`)!;
      outcomes[i] = await this.#judgeRepeat(event, given[first]!, outcomes[first]!);
    }
    return outcomes as RecordOutcome[];
  }

  async #appendIn(tx: Queries, events: readonly DirectEvent[]): Promise<RecordOutcome[]> {
    const { after_position, recorded_at, outcomes, positions } = await tx.one(statements.admit, {
      sources: arrayLiteral(events.map(({ source }) => source)),
      eventIds: arrayLiteral(events.map(({ eventId }) => eventId)),
      aggregates: arrayLiteral(events.map(({ aggregate }) => aggregate)),
      aggregateIds: arrayLiteral(events.map(({ aggregateId }) => aggregateId)),
      versions: arrayLiteral(events.map(({ aggregateVersion }) => aggregateVersion)),
    });
    const isNew = (i: number) => outcomes === null || outcomes[i] === 'new';
    const placed = function* () {
      let position = after_position;
      for (const [i, event] of events.entries())
        if (isNew(i)) yield { ...event, position: (position += 1), recordedAt: recorded_at };
    };
    const count = outcomes === null ? events.length : outcomes.filter((outcome) => outcome === 'new').length;
    if (count > 0) await this.#writer.insert(tx, placed(), after_position, count);
    if (outcomes === null || positions === null)
      return events.map((_, i) => ({ ok: true, position: after_position + i + 1, duplicate: false }));

    const seen = await this.#seen(
      tx,
      positions.filter((_, i) => outcomes[i] === 'seen'),
    );
    const decided: RecordOutcome[] = [];
    for (const [i, event] of events.entries()) {
      const position = positions[i]!;
      if (outcomes[i] === 'new') decided.push({ ok: true, position, duplicate: false });
      else if (outcomes[i] === 'version-conflict')
        decided.push(
          refused('version-conflict', `the last version of ${event.aggregate} ${event.aggregateId} is ${position}`),
        );
      else decided.push(await this.#judge(tx, event, seen.get(position), position));
    }
    return decided;
  }

  async #seen(tx: Queries, positions: readonly number[]): Promise<Map<number, TrailEvent>> {
    if (positions.length === 0) return new Map();
    const rows = await tx.many(statements.atPositions, { positions: arrayLiteral(positions) });
    return new Map(rows.map((row) => [row.position, toTrailEvent(row)]));
  }

  /** The same content is a repeat. An archived first one cannot be compared: it counts as the same. */
  async #judge(
    tx: Queries,
    offered: DirectEvent,
    kept: UnplacedEvent | undefined,
    position: number,
  ): Promise<RecordOutcome> {
    if (kept === undefined || sameContent(offered, kept)) return { ok: true, position, duplicate: true };
    const { source, eventId } = offered;
    await tx.run(statements.conflict, { source, eventId, position, offered: JSON.stringify(offered) });
    return refused('id-conflict', `the event at position ${position} has this id and another content`);
  }

  async #judgeRepeat(event: DirectEvent, first: UnplacedEvent, outcome: RecordOutcome): Promise<RecordOutcome> {
    if (!outcome.ok) return outcome;
    return this.#context.pg.transaction('audit.trail.conflict', (tx) =>
      this.#judge(tx, event, first, outcome.position),
    );
  }

  async #reserved(events: readonly UnplacedEvent[]): Promise<ReadonlySet<string>> {
    if (performance.now() - this.#freeAt > 5000) {
      this.#free = new Set();
      this.#freeAt = performance.now();
    }
    const names = new Set<string>();
    for (const { source } of events) if (!this.#free.has(source)) names.add(source);
    if (names.size === 0) return names;
    const rows = await this.#context.pg.many(statements.reserved, { names: arrayLiteral([...names]) });
    const reserved = new Set(rows.map(({ id }) => id));
    if (names.has(this.#context.identity.schema)) reserved.add(this.#context.identity.schema);
    for (const name of names) if (!reserved.has(name)) this.#free.add(name);
    return reserved;
  }

  async #setAside(poison: readonly { received: unknown; issues: Issue[] }[], context: Context): Promise<void> {
    await this.#context.pg.run(statements.quarantine, {
      received: arrayLiteral(poison.map(({ received }) => asText(received))),
      reasons: arrayLiteral(poison.map(({ issues }) => storable(new InvalidInputError(issues).message))),
      actor: context.actor ?? null,
    });
    this.#quarantined({}, poison.length);
  }
}

const refused = (code: Extract<RecordOutcome, { ok: false }>['code'], message: string): RecordOutcome => ({
  ok: false,
  code,
  message,
});

/** What a sender says of an event; where and when the trail took it is no part of it, nor what the context added to a repeat. */
const sameContent = (a: DirectEvent, b: UnplacedEvent): boolean =>
  a.type === b.type &&
  a.schemaVersion === b.schemaVersion &&
  a.aggregate === b.aggregate &&
  a.aggregateId === b.aggregateId &&
  a.aggregateVersion === b.aggregateVersion &&
  a.payloadText === b.payloadText &&
  (!a.saysWhen || a.occurredAt === b.occurredAt) &&
  JSON.stringify(a.tags) === JSON.stringify(b.tags);

function asText(received: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(received);
  } catch {
    text = undefined;
  }
  return storable(text ?? typeof received).slice(0, MAX_QUARANTINED);
}

const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');
