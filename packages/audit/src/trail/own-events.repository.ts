import {
  type AdapterContext,
  type Instant,
  type Queries,
  answers,
  contextLiteral,
  functionCall,
  writeContext,
} from '@tse/core';
import type { auditEvents } from '../events.ts';
import type { EventOf } from '@tse/core';
import type { TrailWriter } from './trail-writer.repository.ts';

type OwnEvent = EventOf<typeof auditEvents>;

/** A happening of the audit itself. */
export type Happening = {
  [Type in OwnEvent['type']]: {
    type: Type;
    aggregateId: string;
    aggregateVersion?: number;
    payload: Extract<OwnEvent, { type: Type }>['payload'];
  };
}[OwnEvent['type']];

const appendEvent = functionCall(
  'audit.own-events.append',
  'write',
  'append_event',
  ['eventId', 'type', 'aggregate', 'aggregateId', 'aggregateVersion', 'payload', 'occurredAt', 'context'],
  answers<object>(),
);

/** What the audit does is in the trail too: written directly, as it does not read its own stream, and published for others. */
export class OwnEvents {
  readonly #context: AdapterContext;
  readonly #writer: TrailWriter;

  constructor(context: AdapterContext, writer: TrailWriter) {
    this.#context = context;
    this.#writer = writer;
  }

  /** Before a transaction that appends. */
  ensureRoom(): Promise<void> {
    return this.#writer.ensureRoom(10);
  }

  async append(tx: Queries, happenings: readonly Happening[], at?: Instant): Promise<void> {
    const { ids, clock, identity } = this.#context;
    const context = writeContext();
    const occurredAt = at ?? clock.now();
    const events = happenings.map(({ type, aggregateId, aggregateVersion = 1, payload }) => ({
      source: identity.schema,
      eventId: ids.next(),
      type,
      schemaVersion: 1,
      aggregate: type.slice(0, type.indexOf('.')),
      aggregateId,
      aggregateVersion,
      occurredAt,
      traceId: context.trace_id,
      spanId: context.span_id,
      correlationId: context.correlation_id,
      causationId: context.causation_id ?? undefined,
      actor: context.actor ?? undefined,
      run: context.run_id ?? undefined,
      fence: context.fence ?? undefined,
      payloadText: JSON.stringify(payload),
    }));
    for (const event of events) {
      await tx.one(appendEvent, {
        eventId: event.eventId,
        type: event.type,
        aggregate: event.aggregate,
        aggregateId: event.aggregateId,
        aggregateVersion: event.aggregateVersion,
        payload: event.payloadText,
        occurredAt,
        context: contextLiteral(context),
      });
    }
    await this.#writer.append(tx, events);
  }
}
