import {
  type BaseAdapter,
  type Clock,
  type Consumer,
  type EventCatalog,
  type FeedEvent,
  type Inbox,
  causeOf,
  withContext,
} from '@tse/core';
import { hasReached, until } from './has-read.ts';

/** Lets one service after the other act, so that who writes first never depends on who is faster. */
export interface Turns {
  /**
   * The adapter as its service is to use it: its consumers and followers handle nothing but in its turn, and what its source has
   * published counts as heard up to now.
   */
  join<A extends BaseAdapter>(adapter: A): A;
  /** Has the consumers of an adapter, one after the other, handle all that their sources have committed by now. Answers how many events. */
  take(adapter: BaseAdapter): Promise<number>;
  /** Has its followers handle the last value of each key, once it is this one of its source; what was handled before is not again. */
  follow(adapter: BaseAdapter, told: ReadonlyMap<string, FeedPlace>): Promise<void>;
}

/** Where a feed stands for one key. */
export interface FeedPlace {
  readonly source: string;
  readonly sequence: number;
}

interface Waiting {
  readonly consumer: Consumer;
  readonly gate: Gate;
  readonly source: string;
}

interface Followed {
  readonly latest: Map<string, FeedEvent<FeedPlace>>;
  readonly handled: Map<string, FeedEvent<FeedPlace>>;
  readonly handle: (value: FeedEvent<FeedPlace>) => Promise<unknown>;
}

interface Seat {
  readonly consumers: Waiting[];
  readonly followed: Followed[];
}

const PATIENCE_MS = 60_000;

/** `adapters` are all that may be read from. */
export function takeTurns(adapters: readonly BaseAdapter[], clock: Clock): Turns {
  const sources = new Map(adapters.map((adapter) => [adapter.identity.schema, adapter]));
  const seats = new Map<string, Seat>();
  const seatOf = ({ identity: { schema } }: BaseAdapter): Seat => {
    const seat = seats.get(schema) ?? { consumers: [], followed: [] };
    seats.set(schema, seat);
    return seat;
  };
  const sourceOf = (catalog: EventCatalog): BaseAdapter => {
    const found = adapters.find(({ identity }) => identity.name === catalog.source.name);
    if (found === undefined) throw new RangeError(`${catalog.source.name} takes no turns`);
    return found;
  };

  return {
    join(adapter) {
      const { inbox } = adapter;
      const seat = seatOf(adapter);
      const gated: Pick<Inbox, 'consume' | 'follow' | 'published'> = {
        consume(options, handler) {
          const gate = new Gate();
          const catalog = options.from as EventCatalog;
          const consumer = inbox.consume(options, async (event, call) => {
            await gate.pass(call.signal);
            await handler(event, call);
          });
          seat.consumers.push({ consumer, gate, source: sourceOf(catalog).identity.schema });
          return consumer;
        },
        follow(options, handler) {
          const latest = new Map<string, FeedEvent<FeedPlace>>();
          seat.followed.push({
            latest,
            handled: new Map(),
            handle: (value) => handler(value as never, { signal: new AbortController().signal }),
          });
          return inbox.follow(options, (value) => {
            latest.set(options.feed.keyOf(value.payload), value as FeedEvent<FeedPlace>);
            return Promise.resolve();
          });
        },
        // Nobody else acts, so that all is out up to now.
        published: async (catalog) => ({
          publishSeq: await sourceOf(catalog).flushEvents(),
          businessTime: clock.now(),
          databaseTime: clock.now(),
        }),
      };
      return { ...adapter, inbox: { ...gated, deadLetters: inbox.deadLetters, health: () => inbox.health() } };
    },
    async take(adapter) {
      let handled = 0;
      const targets = new Map<string, number>();
      for (const { consumer, gate, source } of seatOf(adapter).consumers) {
        const target = targets.get(source) ?? (await sources.get(source)!.flushEvents());
        targets.set(source, target);
        const before = consumer.health()[0]!.checkpoint;
        if (before >= target) continue;
        gate.open();
        await hasReached(consumer, target, PATIENCE_MS);
        gate.close();
        handled += target - before;
      }
      return handled;
    },
    async follow(adapter, told) {
      for (const { latest, handled, handle } of seatOf(adapter).followed) {
        for (const [key, { source, sequence }] of told) {
          await until(
            () => {
              const { payload } = latest.get(key) ?? {};
              return payload?.source === source && payload.sequence >= sequence;
            },
            key,
            PATIENCE_MS,
          );
          const value = latest.get(key)!;
          if (handled.get(key) === value) continue;
          handled.set(key, value);
          await withContext(causeOf(value), () => handle(value));
        }
      }
    },
  };
}

/** Closed at first. */
class Gate {
  #passing = Promise.withResolvers<void>();

  open(): void {
    this.#passing.resolve();
  }

  close(): void {
    this.#passing = Promise.withResolvers();
  }

  /** Rejects once it is aborted. */
  async pass(signal: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<never>();
    const stop = () => stopped.reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await Promise.race([this.#passing.promise, stopped.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}
