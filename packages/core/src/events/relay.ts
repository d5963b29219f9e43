import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import type { Lease } from '../consistency/lease.ts';
import type { LeaseRepository } from '../consistency/leases.ts';
import { Pause } from '../consistency/pause.ts';
import type { CallOptions } from '../pipe/context.ts';
import { ConflictError, UnavailableError, isAdapterError } from '../pipe/errors.ts';
import { operation } from '../pipe/run.ts';
import { type Instant, instant } from '../values/instant.ts';
import type { OutboxRow } from './envelope.ts';
import { EventStream } from './event-stream.ts';
import { STREAM, databaseTime, firstToPublish, lastNumber, numberEvents, numberedAfter, numbering } from './outbox.ts';
import { PublishedTimes } from './published-times.ts';
import { retainEvents } from './retention.ts';

export interface RelayOptions {
  /** Events of one round at most. */
  batch?: number;
  /** How long a call may be under way between its business time and its commit: twice the default deadline, 10 s at least. */
  longestCallMs?: number;
}

/** What a hook is told of an event. */
export interface CommittedEvent {
  readonly publishSeq: number;
  readonly type: string;
  readonly aggregate: string;
  readonly aggregateId: string;
  readonly aggregateVersion: number;
  readonly payloadText: string;
}

/** Told of events before they are published, and again where the process dies in between: for what may be done twice. */
export type BeforePublish = (events: readonly CommittedEvent[]) => Promise<void>;

const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 100;
/** Events of a round from which on the next one waits for more. */
const BUSY = 20;
const BUSY_PAUSE_MS = 25;
const LOOK_EVERY_MS = 500;
const flushing = operation('events.flush', z.strictObject({}));

/**
 * Brings committed events from the outbox to the stream: each once, without a gap, in order. One relay of all processes is active. It
 * goes on where the stream ends, and begins a stream that is lost anew.
 */
export class Relay {
  readonly name = 'relay-events';
  readonly #context: AdapterContext;
  readonly #leases: LeaseRepository;
  readonly #stream: EventStream;
  readonly #times: PublishedTimes;
  readonly #batch: number;
  readonly #hooks: BeforePublish[] = [];
  readonly #published: (values: { type: string }, by: number) => void;
  readonly #pause = new Pause();
  readonly #pace = new Pause();
  #active = false;
  /** The host's time since which the oldest event that is not out has been waiting. */
  #waitingSince: number | undefined;
  /** The stream's last number, where it is known. */
  #end: number | undefined;
  #mayBegin = false;
  /** The last number that was given, where it is known. */
  #last: number | undefined;
  #lookedAt = 0;
  #told = '';

  constructor(context: AdapterContext, leases: LeaseRepository, options: RelayOptions = {}) {
    this.#context = context;
    this.#leases = leases;
    this.#stream = new EventStream(context);
    this.#times = new PublishedTimes(options.longestCallMs ?? Math.max(10_000, 2 * context.config.deadlineMs));
    this.#batch = options.batch ?? 2000;
    this.#published = context.telemetry.counter('adapter_events_published_total', 'Events appended to the stream', [
      'type',
    ]);
  }

  /** Called by whoever has written events in this process: they are published at once. */
  readonly wake = (): void => this.#pause.wake();

  /** Calls a hook with committed events before they are appended to the stream: for derived keys that are to be dropped. */
  beforePublish(hook: BeforePublish): void {
    this.#hooks.push(hook);
  }

  /** Waits until all that was committed before is in the stream, whichever process relays; answers its last number. */
  flush(options?: CallOptions): Promise<number> {
    return this.#context.run(flushing, {}, options, async () => {
      for (;;) {
        this.wake();
        const { waiting, last } = await this.#context.pg.one(numbering, {});
        if (!waiting && ((await this.#stream.end()) ?? 0) >= last) return last;
        options?.signal?.throwIfAborted();
        await sleep(SHORTEST_PAUSE_MS);
      }
    });
  }

  /** How long the oldest event that is not out has been waiting, as last seen; where this process is the active one. */
  lagSeconds(): number | undefined {
    if (!this.#active) return undefined;
    return this.#waitingSince === undefined ? 0 : Math.max(0, (Date.now() - this.#waitingSince) / 1000);
  }

  /** The loop of the worker: numbers and publishes under a fenced lease until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await using lease = await this.#leases.wait('relay', { signal, ttlMs: 5000 });
    const stop = AbortSignal.any([signal, lease.signal]);
    this.#end = this.#last = undefined;
    this.#active = true;
    try {
      await Promise.all([this.#relay(lease, stop), retainEvents(this.#context, this.#stream, stop)]);
    } finally {
      this.#active = false;
    }
    if (!signal.aborted) throw stop.reason;
  }

  async #relay(lease: Lease, stop: AbortSignal): Promise<void> {
    for (let pauseMs = SHORTEST_PAUSE_MS; !stop.aborted;) {
      let moved = 0;
      try {
        moved = await this.#round(lease.fence);
      } catch (error) {
        // A lost reply leaves it unknown how far both stores are; the script takes no event twice.
        this.#end = this.#last = undefined;
        if (!isAdapterError(error) || (error.kind !== 'unavailable' && error.kind !== 'outcome-unknown')) throw error;
        if (error.code === 'stream-ahead') throw error;
        this.#context.telemetry.log.debug({ err: error }, 'events wait for a store');
        this.#waitingSince ??= Date.now();
        pauseMs = LONGEST_PAUSE_MS * (0.5 + Math.random());
      }
      if (moved >= this.#batch) continue;
      if (moved > 0) {
        // Each round costs the writers a commit beside theirs, however little it moves: where much comes it moves more at once.
        await this.#pace.sleep(moved < BUSY ? SHORTEST_PAUSE_MS : BUSY_PAUSE_MS, stop);
        pauseMs = SHORTEST_PAUSE_MS;
        continue;
      }
      const woken = await this.#pause.sleep(pauseMs, stop);
      pauseMs = woken ? SHORTEST_PAUSE_MS : Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
    }
  }

  /** Gives numbers to what is new, while it appends what waits with a number already; answers how many events it moved on. */
  async #round(fence: number): Promise<number> {
    // First, so that no number is given that the stream has given to another event.
    const before = await this.#look();
    if (this.#times.due) await this.#sample();
    const began = performance.now();
    const [numbering, publishing] = await Promise.allSettled([this.#number(fence), this.#publishUpTo(before)]);
    if (publishing.status === 'rejected') throw publishing.reason;
    if (numbering.status === 'rejected') throw numbering.reason;
    const last = (this.#last = numbering.value);
    let moved = publishing.value;
    if (last - before < this.#batch && moved < this.#batch) moved += await this.#publishUpTo(last);
    if (this.#end === last) {
      this.#waitingSince = undefined;
      if (last - before < this.#batch) await this.#tell(last, began);
    }
    return Math.max(moved, last - before);
  }

  async #number(fence: number): Promise<number> {
    const { pg } = this.#context;
    const { number_events: last } = await pg.one(numberEvents, { stream: STREAM, fence, limit: this.#batch });
    if (last === null) throw new ConflictError('lease-lost', 'another relay is active');
    return last;
  }

  /** Finds both ends where they are not known, and now and then whether the stream is still there; answers the last number given. */
  async #look(): Promise<number> {
    if (this.#last !== undefined && this.#end !== undefined && performance.now() - this.#lookedAt < LOOK_EVERY_MS)
      return this.#last;
    this.#lookedAt = performance.now();
    const { pg } = this.#context;
    const end = await this.#stream.end();
    const last = (await pg.maybe(lastNumber, {}))?.last_publish_seq ?? 0;
    if (end === undefined) this.#told = '';
    this.#mayBegin = end === undefined;
    this.#end = end ?? (await pg.one(firstToPublish, {})).seq - 1;
    if (this.#end <= last) return (this.#last = last);
    throw new UnavailableError(
      'stream-ahead',
      `the stream ends with ${this.#end}, the database gave ${last} numbers only: it was restored, or this is the Redis of another`,
      60_000,
    );
  }

  /** Appends what stands between the stream's end and a number, a batch of it at most; answers how many. */
  async #publishUpTo(last: number): Promise<number> {
    if (this.#end === undefined || this.#end >= last) return 0;
    const rows = await this.#context.pg.many(numberedAfter, { after: this.#end, limit: this.#batch });
    const [first] = rows;
    if (first === undefined || first.publish_seq > this.#end + 1) {
      await this.#beginAnew(first?.publish_seq);
      return 0;
    }
    this.#waitingSince = instant.millis(first.recorded_at as Instant);
    if (this.#hooks.length > 0) {
      const events = rows.map(committed);
      for (const hook of this.#hooks) await hook(events);
    }
    const end = await this.#stream.append(rows, this.#mayBegin);
    if (end !== undefined) {
      this.#mayBegin = false;
      this.#count(rows, this.#end, end);
    }
    // Where it is not what it should be, the stream was lost or another relay was there: the next round looks.
    this.#end = end === rows.at(-1)!.publish_seq ? end : undefined;
    return rows.length;
  }

  /** Those after a number and up to another. */
  #count(rows: readonly OutboxRow[], after: number, upTo: number): void {
    const byType = new Map<string, number>();
    for (const { type, publish_seq } of rows)
      if (publish_seq > after && publish_seq <= upTo) byType.set(type, (byType.get(type) ?? 0) + 1);
    for (const [type, count] of byType) this.#published({ type }, count);
  }

  /** The stream lost more than the outbox still holds: readers that need it are told so by a stream that begins later. */
  async #beginAnew(oldest: number | undefined): Promise<void> {
    this.#context.telemetry.log.error(
      { end: this.#end, oldest },
      'the stream ends before the oldest event of the outbox: it begins anew',
    );
    await this.#stream.drop();
    this.#end = undefined;
  }

  async #sample(): Promise<void> {
    const businessTime = this.#context.clock.now();
    const { now } = await this.#context.pg.one(databaseTime, {});
    this.#times.add(now as Instant, businessTime, performance.now());
  }

  async #tell(publishSeq: number, began: number): Promise<void> {
    const published = { publishSeq, ...this.#times.reached(began) };
    const told = JSON.stringify(published);
    if (told === this.#told) return;
    await this.#stream.tellPublished(published);
    this.#told = told;
  }
}

const committed = (row: OutboxRow): CommittedEvent => ({
  publishSeq: row.publish_seq,
  type: row.type,
  aggregate: row.aggregate,
  aggregateId: row.aggregate_id,
  aggregateVersion: row.aggregate_version,
  payloadText: row.payload,
});
