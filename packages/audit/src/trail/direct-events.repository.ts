import {
  type AdapterContext,
  Batcher,
  type Context,
  type Instant,
  InvalidInputError,
  type Issue,
  type Queries,
  answers,
  arrayLiteral,
  functionCall,
  queryBuilder,
  statement,
} from '@tse/core';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../schema.ts';
import type { BufferedEvent } from './ingest-buffer.store.ts';
import { leafColumns } from './leaf.ts';
import { leafHashText, toTrailEvent } from './trail-rows.ts';
import type { TrailWriter, UnplacedEvent } from './trail-writer.repository.ts';
import { type RecordOutcome, type TrailEvent, recordEvent } from './trail.ts';

const db = queryBuilder<Tables>();
const MAX_QUARANTINED = 64 * 1024;
const LOOK_EVERY_MS = 5000;
/** An id is known for so many events after it: longer than any sender repeats, and in few partitions. */
const KNOWN_FOR = 4_000_000;

const statements = {
  admit: functionCall(
    'audit.trail.admit',
    'write',
    'admit_events',
    ['sources', 'eventIds', 'aggregates', 'aggregateIds', 'versions', 'window'],
    answers<{
      after_position: number;
      recorded_at: Instant;
      outcomes: ('new' | 'seen' | 'version-conflict')[] | null;
      positions: number[] | null;
    }>(),
  ),
  atPositions: statement('audit.trail.at-positions', 'read', (p: { positions: string }) =>
    db
      .selectFrom('events')
      .select(leafColumns)
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

const parseEvent = z.compile(recordEvent);
type GivenEvent = z.output<typeof recordEvent>;
/** `saysWhen`: its business time came with it, so that another one is another content. */
type DirectEvent = UnplacedEvent & { saysWhen: boolean };

interface Poison {
  received: unknown;
  reason: string;
}

/** Events that come directly, of services without an outbox. */
export class DirectEvents {
  readonly #context: AdapterContext;
  readonly #writer: TrailWriter;
  readonly #quarantined: (values: object, by: number) => void;
  readonly #recording: Batcher<DirectEvent, RecordOutcome>;
  /** Names that no source has, as last looked. */
  #free = new Set<string>();
  #freeAt = 0;

  constructor(context: AdapterContext, writer: TrailWriter) {
    this.#context = context;
    this.#writer = writer;
    this.#quarantined = context.telemetry.counter('audit_quarantined_events_total', 'Events that could not be taken');
    this.#recording = new Batcher(
      { name: 'trail.record', batch: (members) => this.#append(members.map(({ input }) => input)) },
      context.telemetry,
    );
  }

  /** All transactions of the trail wait for its head: those that come at the same time share one, and one connection. */
  appendOne(given: GivenEvent, context: Context): Promise<RecordOutcome> {
    return this.#recording.submit(this.#direct(given, context));
  }

  /** One outcome each; what is malformed is set aside. */
  async ingest(received: readonly BufferedEvent[]): Promise<RecordOutcome[]> {
    const { outcomes, poison, accepted } = this.#sorted(received);
    if (poison.length > 0) await this.#setAside(this.#context.pg, poison, received[0]!.context);
    return merged(outcomes, accepted, await this.#append(accepted.map(({ event }) => event)));
  }

  /** What was acknowledged before it came here: whatever cannot be in the trail is set aside, for whatever reason. */
  async ingestBuffered(tx: Queries, received: readonly BufferedEvent[]): Promise<void> {
    const { outcomes, poison, accepted } = this.#sorted(received);
    const appended = await this.#append(
      accepted.map(({ event }) => event),
      tx,
    );
    for (const [i, outcome] of merged(outcomes, accepted, appended).entries()) {
      if (!outcome.ok && (outcome.code === 'version-conflict' || outcome.code === 'source-reserved'))
        poison.push({ received: received[i]!.event, reason: `${outcome.code}: ${outcome.message}` });
    }
    if (poison.length > 0) await this.#setAside(tx, poison, {});
  }

  #sorted(received: readonly BufferedEvent[]) {
    const outcomes: (RecordOutcome | undefined)[] = [];
    const accepted: { at: number; event: DirectEvent }[] = [];
    const poison: Poison[] = [];
    for (const [at, { event, context }] of received.entries()) {
      const parsed = parseEvent.safeParse(event);
      if (parsed.success) {
        accepted.push({ at, event: this.#direct(parsed.data, context) });
        continue;
      }
      const outcome = invalid(parsed.error.issues);
      outcomes[at] = outcome;
      poison.push({ received: event, reason: outcome.message });
    }
    return { outcomes, accepted, poison };
  }

  #direct(event: GivenEvent, context: Context): DirectEvent {
    const { type, occurredAt } = event;
    const traceId = event.traceId ?? context.traceId;
    return {
      source: event.source,
      eventId: event.eventId,
      type,
      schemaVersion: event.schemaVersion,
      aggregate: event.aggregate ?? type.slice(0, type.indexOf('.')),
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
      payloadText: event.payloadText ?? event.payload ?? '{}',
      saysWhen: occurredAt !== undefined,
    };
  }

  async #append(given: readonly DirectEvent[], within?: Queries): Promise<RecordOutcome[]> {
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
      const chosen = members.map((i) => given[i]!);
      const decided = within
        ? await this.#appendIn(within, chosen)
        : await this.#context.pg.transaction('audit.trail.append', (tx) => this.#appendIn(tx, chosen));
      for (const [n, i] of members.entries()) outcomes[i] = decided[n]!;
    }
    for (const [i, event] of given.entries()) {
      if (outcomes[i]) continue;
      const first = firsts.get(`${event.source} ${event.eventId}`)!;
      outcomes[i] = await this.#judgeRepeat(event, given[first]!, outcomes[first]!, within);
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
      window: KNOWN_FOR,
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

  async #judgeRepeat(
    event: DirectEvent,
    first: UnplacedEvent,
    outcome: RecordOutcome,
    within: Queries | undefined,
  ): Promise<RecordOutcome> {
    if (!outcome.ok) return outcome;
    const { position } = outcome;
    return within
      ? this.#judge(within, event, first, position)
      : this.#context.pg.transaction('audit.trail.conflict', (tx) => this.#judge(tx, event, first, position));
  }

  async #reserved(events: readonly UnplacedEvent[]): Promise<ReadonlySet<string>> {
    if (performance.now() - this.#freeAt > LOOK_EVERY_MS) {
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

  async #setAside(tx: Queries, poison: readonly Poison[], context: Context): Promise<void> {
    await tx.run(statements.quarantine, {
      received: arrayLiteral(poison.map(({ received }) => storable(receivedText(received)).slice(0, MAX_QUARANTINED))),
      reasons: arrayLiteral(poison.map(({ reason }) => storable(reason))),
      actor: context.actor ?? null,
    });
    this.#quarantined({}, poison.length);
  }
}

function merged(
  outcomes: readonly (RecordOutcome | undefined)[],
  accepted: readonly { at: number }[],
  appended: readonly RecordOutcome[],
): RecordOutcome[] {
  const all = [...outcomes];
  for (const [i, { at }] of accepted.entries()) all[at] = appended[i]!;
  return all as RecordOutcome[];
}

function invalid(found: readonly { path: readonly PropertyKey[]; message: string }[]): RecordOutcome & { ok: false } {
  const issues: Issue[] = found.map(({ path, message }) => ({ path: path.join('.'), message }));
  return { ok: false, code: 'invalid', message: new InvalidInputError(issues).message, issues };
}

/** Why an event could not be taken, or nothing where it could. */
export function invalidOutcome(event: unknown): (RecordOutcome & { ok: false }) | undefined {
  const parsed = parseEvent.safeParse(event);
  return parsed.success ? undefined : invalid(parsed.error.issues);
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

/** What was received, as JSON; where there is none, what kind of thing it was. */
export function receivedText(received: unknown): string {
  try {
    return JSON.stringify(received) ?? JSON.stringify(typeof received);
  } catch {
    return JSON.stringify(typeof received);
  }
}

const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');
