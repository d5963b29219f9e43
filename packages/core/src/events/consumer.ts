import type { AdapterContext } from '../consistency/adapter-context.ts';
import type { LeaseRepository } from '../consistency/leases.ts';
import { Pause } from '../consistency/pause.ts';
import { outsideCalls } from '../pipe/context.ts';
import type { Handling } from './delivery.ts';
import { EventReader, type ReaderHealth, type ReaderOptions } from './event-reader.ts';

const PAUSE_MS = 500;

/** A running consumer; disposing of it lets the event in hand be handled and keeps the checkpoint. */
export interface Consumer extends AsyncDisposable {
  readonly name: string;
  /** One entry a source. */
  health(): ReaderHealth[];
  /** Ends after the event that is being handled; its checkpoint stands. Another `consume` goes on from there. */
  stop(): Promise<void>;
}

/** Runs the readers of one name; of all processes one has the lease and reads. */
export class RunningConsumer implements Consumer {
  readonly name: string;
  readonly #context: AdapterContext;
  readonly #leases: LeaseRepository;
  readonly #readers: EventReader[];
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  readonly #onStop: () => void;

  constructor(
    context: AdapterContext,
    leases: LeaseRepository,
    readers: readonly ReaderOptions[],
    handling: Handling,
    onStop: () => void,
  ) {
    this.name = readers[0]!.consumer;
    this.#context = context;
    this.#leases = leases;
    this.#readers = readers.map((options) => new EventReader(context, options, handling));
    this.#onStop = onStop;
    this.#ended = outsideCalls(() => this.#run());
  }

  health(): ReaderHealth[] {
    return this.#readers.map((reader) => reader.health);
  }

  /** Looks for requested retries at once. */
  wake(): void {
    for (const reader of this.#readers) reader.wake();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const pause = new Pause();
    while (!signal.aborted) {
      try {
        await using lease = await this.#leases.wait(`inbox/${this.name}`, { signal });
        const stop = AbortSignal.any([signal, lease.signal]);
        await Promise.all(this.#readers.map((reader) => reader.run(stop)));
      } catch (err) {
        if (signal.aborted) break;
        this.#context.telemetry.log.warn({ err, consumer: this.name }, 'consumer failed');
        await pause.sleep(PAUSE_MS, signal);
      }
    }
    this.#onStop();
  }
}
