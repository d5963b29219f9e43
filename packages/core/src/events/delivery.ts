import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterContext } from '../consistency/adapter-context.ts';
import { isAdapterError } from '../pipe/errors.ts';
import { describeError } from '../pipe/telemetry.ts';
import type { Queries } from '../postgres/postgres.ts';
import { letters } from './dead-letters.repository.ts';
import type { StreamedEvent } from './envelope.ts';
import type { Progress } from './progress.ts';

/** What a consumer does with events. */
export interface Handling {
  accepts(type: string): boolean;
  /** Events that it takes at once. */
  readonly batch: number;
  /** In one transaction with the checkpoint. */
  readonly transactional: boolean;
  handle(events: readonly StreamedEvent[], signal: AbortSignal, tx: Queries | undefined): Promise<void>;
}

/** Thrown by a handling that no retry can help: a payload that is not what the consumer needs. */
export class UnusableEventError extends Error {
  override readonly name = 'UnusableEventError';
}

interface Failure {
  error: unknown;
  attempts: number;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5000;

/** Brings events to their handling: again where that fails, and to the dead letters where it goes on failing. */
export class Delivery {
  readonly #context: AdapterContext;
  readonly #handling: Handling;
  readonly #progress: Progress;
  readonly #maxAttempts: number;
  readonly #deadLetters: (values: { consumer: string }) => void;

  constructor(context: AdapterContext, handling: Handling, progress: Progress, maxAttempts: number) {
    this.#context = context;
    this.#handling = handling;
    this.#progress = progress;
    this.#maxAttempts = maxAttempts;
    this.#deadLetters = context.telemetry.counter(
      'adapter_inbox_dead_letters_total',
      'Events set aside as dead letters',
      ['consumer'],
    );
  }

  /** Handles accepted events, after which all up to `last` are done with. Rejects on an outage of a store: that is nobody's fault. */
  async deliver(events: readonly StreamedEvent[], last: number, signal: AbortSignal): Promise<void> {
    const { transactional } = this.#handling;
    const failure = await this.#try(
      () => this.#handle(events, last, signal),
      events.length > 1 ? 1 : this.#maxAttempts,
      signal,
    );
    if (!failure) {
      if (transactional) this.#progress.moved(last);
      else this.#progress.position = last;
      return;
    }
    if (events.length === 1) return this.#setAside(events[0]!, last, failure);
    // One of them cannot be handled: each by itself, so that it alone is set aside.
    for (const [i, event] of events.entries()) {
      signal.throwIfAborted();
      await this.deliver([event], i === events.length - 1 ? last : event.publishSeq, signal);
    }
  }

  /** Once more what an operator asks for. */
  async retryRequested(signal: AbortSignal): Promise<void> {
    const { pg } = this.#context;
    for (const { publish_seq: seq, event } of await letters.requested(pg, this.#progress.reader)) {
      if (signal.aborted) return;
      const letter = { ...this.#progress.reader, seq };
      const again = async (db: Queries, tx: Queries | undefined) => {
        await this.#handling.handle([event], signal, tx);
        await letters.resolve(db, letter);
      };
      const op = `inbox.${letter.consumer}.retry`;
      const failure = await this.#try(
        () => (this.#handling.transactional ? pg.transaction(op, (tx) => again(tx, tx)) : again(pg, undefined)),
        1,
        signal,
      );
      if (failure) await letters.fail(pg, letter, described(failure));
    }
  }

  #handle(events: readonly StreamedEvent[], last: number, signal: AbortSignal): Promise<void> {
    if (!this.#handling.transactional) return this.#handling.handle(events, signal, undefined);
    return this.#context.pg.transaction(`inbox.${this.#progress.reader.consumer}`, async (tx) => {
      await this.#handling.handle(events, signal, tx);
      await this.#progress.move(tx, last);
    });
  }

  async #try(work: () => Promise<void>, maxAttempts: number, signal: AbortSignal): Promise<Failure | undefined> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        await work();
        return undefined;
      } catch (error) {
        if (signal.aborted || isBeyondTheEvent(error)) throw error;
        if (attempts >= maxAttempts || error instanceof UnusableEventError) return { error, attempts };
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
        await sleep(pauseMs, undefined, { signal }).catch(() => {});
        signal.throwIfAborted();
      }
    }
  }

  async #setAside(event: StreamedEvent, last: number, failure: Failure): Promise<void> {
    const { reader } = this.#progress;
    const letter = { ...reader, seq: event.publishSeq };
    await this.#context.pg.transaction('inbox.set-aside', async (tx) => {
      await letters.write(tx, letter, event, described(failure), failure.attempts);
      await this.#progress.move(tx, last);
    });
    this.#progress.moved(last);
    this.#deadLetters({ consumer: reader.consumer });
    this.#context.telemetry.log.error(
      { err: failure.error, ...letter, type: event.type },
      'event set aside as a dead letter',
    );
  }
}

const described = ({ error }: Failure): string => JSON.stringify(describeError(error));

/** A store that is down, or a checkpoint that another process moved: the reader starts over from the checkpoint. */
const isBeyondTheEvent = (error: unknown): boolean =>
  isAdapterError(error) &&
  (error.kind === 'unavailable' || error.kind === 'outcome-unknown' || error.code === 'checkpoint-moved');
