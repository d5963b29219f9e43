import { z } from 'zod';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import type { LeaseRepository } from '../consistency/leases.ts';
import { InvalidInputError } from '../pipe/errors.ts';
import { identify } from '../pipe/identity.ts';
import type { Queries } from '../postgres/postgres.ts';
import { type Consumer, RunningConsumer } from './consumer.ts';
import { DeadLetterRepository } from './dead-letters.repository.ts';
import type { DeadLetters } from './dead-letters.ts';
import { type Handling, UnusableEventError } from './delivery.ts';
import type { Published, StreamedEvent } from './envelope.ts';
import type { Event, EventCatalog, EventOf, EventType } from './event.ts';
import type { ReaderHealth } from './event-reader.ts';
import { type FollowOptions, type Follower, followFeed } from './follow.ts';
import { inEventContext } from './in-event-context.ts';
import type { FeedEvent } from './price-feed.ts';
import { publishedOf } from './source-stream.ts';

/** Who consumes which events of whom, and where it begins. */
export interface ConsumeOptions<Catalog extends EventCatalog, Type extends string = string> {
  /** Kebab-case. Its checkpoints are kept under it: a name is one consumer, in whatever process it runs. */
  name: string;
  /** The sources; each is read in its own order, beside the others. */
  from: Catalog | readonly Catalog[];
  /** Of the sources, where it is not the default one. */
  instance?: string | undefined;
  /** All of the catalogs' types where nothing is said; the checkpoint passes the others. */
  types?: readonly Type[] | undefined;
  /**
   * Where a consumer begins that has no checkpoint yet: with the oldest event that is still there, with what comes next, or after a
   * number (0: with the very first, or not at all).
   */
  start: 'earliest' | 'latest' | number;
  /** Tries of an event before it is set aside as a dead letter: 5. Outages of the stores do not count. */
  maxAttempts?: number | undefined;
}

/** Reads the events that other adapters publish. */
export interface Inbox {
  /**
   * Handles each event in its context, one at a time and at least once: what the handler calls must be idempotent by the event's ids.
   * Answers at once; the consumer runs until it is disposed of.
   * @throws InvalidInputError
   */
  consume<Catalog extends EventCatalog, Type extends EventType<Catalog> = EventType<Catalog>>(
    options: ConsumeOptions<Catalog, Type>,
    handler: (event: EventOf<Catalog, Type>, call: { signal: AbortSignal }) => Promise<unknown>,
  ): Consumer;
  /** The latest value of each key of a feed, also those known before; what a slow handler misses is gone. */
  follow<Payload>(
    options: FollowOptions<Payload>,
    handler: (value: FeedEvent<Payload>, call: { signal: AbortSignal }) => Promise<unknown>,
  ): Follower;
  /** How far a source has published; nothing where it never has, or Redis was emptied. */
  published(from: EventCatalog, instance?: string): Promise<Published | undefined>;
  readonly deadLetters: DeadLetters;
  /** Of each running consumer, one entry a source. */
  health(): ReaderHealth[];
}

const optionsInput = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected 1 to 63 lower-case letters, digits and hyphens'),
  types: z.array(z.string()).min(1, 'expected at least one type').optional(),
  start: z.union([z.enum(['earliest', 'latest']), z.int().min(0)], {
    error: "expected 'earliest', 'latest' or a number",
  }),
  maxAttempts: z.int().min(1).max(100).default(5),
});

/** The inbox of one adapter: its own schema keeps the checkpoints, and nothing is written under a foreign prefix. */
export class EventInbox implements Inbox {
  readonly name = 'inbox';
  readonly deadLetters: DeadLetters;
  readonly #context: AdapterContext;
  readonly #leases: LeaseRepository;
  readonly #running = new Map<string, RunningConsumer>();
  readonly #followers = new Set<Follower>();

  constructor(context: AdapterContext, leases: LeaseRepository) {
    this.#context = context;
    this.#leases = leases;
    this.deadLetters = new DeadLetterRepository(context, (consumer) => this.#running.get(consumer)?.wake());
  }

  consume<Catalog extends EventCatalog, Type extends EventType<Catalog> = EventType<Catalog>>(
    options: ConsumeOptions<Catalog, Type>,
    handler: (event: EventOf<Catalog, Type>, call: { signal: AbortSignal }) => Promise<unknown>,
  ): Consumer {
    const schemas = new Map<string, z.ZodType>();
    for (const { source, types } of sourcesOf(options)) {
      const { schema } = identify(source, options.instance);
      for (const [type, { payload }] of Object.entries(types)) schemas.set(`${schema}/${type}`, z.compile(payload));
    }
    return this.#run(options, {
      batch: 1,
      transactional: false,
      handle: ([streamed], signal) =>
        inEventContext(this.#context.telemetry, options.name, streamed!, async () => {
          const schema = schemas.get(`${streamed!.source}/${streamed!.type}`);
          // Of another source of this consumer, where the type has no meaning.
          if (schema) await handler(parsed(streamed!, schema) as EventOf<Catalog, Type>, { signal });
        }),
    });
  }

  /**
   * Where the adapter itself is the consumer: takes many events at once, their payloads as the text that was published, in one
   * transaction with the checkpoint: exactly once.
   */
  consumeInTransaction(
    options: ConsumeOptions<EventCatalog> & { batch?: number },
    handler: (tx: Queries, events: readonly StreamedEvent[]) => Promise<unknown>,
  ): Consumer {
    return this.#run(options, {
      batch: options.batch ?? 500,
      transactional: true,
      handle: async (events, _signal, tx) => void (await handler(tx!, events)),
    });
  }

  follow<Payload>(
    options: FollowOptions<Payload>,
    handler: (value: FeedEvent<Payload>, call: { signal: AbortSignal }) => Promise<unknown>,
  ): Follower {
    const follower = followFeed(this.#context, options, handler, () => this.#followers.delete(follower));
    this.#followers.add(follower);
    return follower;
  }

  published(from: EventCatalog, instance?: string): Promise<Published | undefined> {
    return publishedOf(this.#context, identify(from.source, instance));
  }

  health(): ReaderHealth[] {
    return [...this.#running.values()].flatMap((consumer) => consumer.health());
  }

  /** For the adapter's health. */
  check(): { state: 'up' | 'degraded'; reason?: string; facts: Record<string, string | number> } {
    const readers = this.health();
    const late = readers.find(({ state }) => state === 'stopped') ?? readers.find(({ state }) => state === 'retrying');
    const facts = Object.fromEntries(
      readers.map(({ consumer, source, state, behind }) => [`${consumer}/${source}`, `${state}, ${behind} behind`]),
    );
    if (!late) return { state: 'up', facts };
    const { consumer, source, state, lastErrorClass } = late;
    return { state: 'degraded', reason: `${consumer} ${state} at ${source}: ${lastErrorClass}`, facts };
  }

  /** Stops all consumers. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.values(), ...this.#followers].map((each) => each.stop()));
  }

  #run(options: ConsumeOptions<EventCatalog>, how: Omit<Handling, 'accepts'>): Consumer {
    const input = optionsInput.safeParse(options);
    if (!input.success)
      throw new InvalidInputError(input.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })));
    const { name, types, start, maxAttempts } = input.data;
    if (this.#running.has(name))
      throw new InvalidInputError([{ path: 'name', message: `${name} is consumed already` }]);
    const sources = sourcesOf(options);
    if (sources.length === 0) throw new InvalidInputError([{ path: 'from', message: 'expected at least one source' }]);
    const known = new Set(sources.flatMap((catalog) => Object.keys(catalog.types)));
    const unknown = types?.find((type) => !known.has(type));
    if (unknown !== undefined)
      throw new InvalidInputError([{ path: 'types', message: `there is no event ${unknown}` }]);
    // A transactional consumer of a catalog without types takes everything.
    const wanted = types ? new Set(types) : known;
    const accepts = (type: string) => wanted.size === 0 || wanted.has(type);
    const readers = sources.map(({ source }) => ({
      consumer: name,
      source: identify(source, options.instance),
      start,
      maxAttempts,
    }));
    const consumer = new RunningConsumer(this.#context, this.#leases, readers, { ...how, accepts }, () =>
      this.#running.delete(name),
    );
    this.#running.set(name, consumer);
    return consumer;
  }
}

const sourcesOf = ({ from }: ConsumeOptions<EventCatalog>): readonly EventCatalog[] =>
  Array.isArray(from) ? (from as readonly EventCatalog[]) : [from as EventCatalog];

function parsed({ payloadText, ...envelope }: StreamedEvent, schema: z.ZodType): Event {
  const payload = schema.safeParse(JSON.parse(payloadText));
  if (payload.success) return { ...envelope, payload: payload.data };
  const fields = payload.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new UnusableEventError(`the payload of ${envelope.type} is not what this consumer needs: ${fields}`);
}
