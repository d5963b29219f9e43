import type { AdapterContext } from '../consistency/adapter-context.ts';
import { Pause } from '../consistency/pause.ts';
import { isAdapterError } from '../pipe/errors.ts';
import type { InstanceIdentity } from '../pipe/identity.ts';
import { Delivery, type Handling } from './delivery.ts';
import type { StreamedEvent } from './envelope.ts';
import { Progress } from './progress.ts';
import { SourceStream } from './source-stream.ts';

/** `waiting`: another process consumes, or none does. `stopped`: at a gap; it goes on by itself once that is closed. */
export type ReaderState = 'waiting' | 'reading' | 'retrying' | 'stopped';

/** How far a consumer is with one source. */
export interface ReaderHealth {
  consumer: string;
  source: string;
  state: ReaderState;
  /** The last number that is done with. */
  checkpoint: number;
  /** Events that are published and not handled. */
  behind: number;
  /** What is in the way. */
  lastErrorClass?: string;
}

export interface ReaderOptions {
  consumer: string;
  source: InstanceIdentity;
  /** Where a consumer begins that has no checkpoint yet. */
  start: 'earliest' | 'latest' | number;
  maxAttempts: number;
}

const READ_AT_ONCE = 500;
const WAIT_MS = 1000;
const SAVE_EVERY_MS = 100;
const LOOK_EVERY_MS = 1000;
const RECHECK_GAP_MS = 2000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5000;

/** Reads one source for one consumer: in order, without a gap, from its checkpoint on. */
export class EventReader {
  readonly #context: AdapterContext;
  readonly #options: ReaderOptions;
  readonly #handling: Handling;
  readonly #progress: Progress;
  readonly #delivery: Delivery;
  readonly #pause = new Pause();
  readonly #behindGauge: (value: number, values: { consumer: string; source: string }) => void;
  #state: Pick<ReaderHealth, 'state' | 'lastErrorClass'> = { state: 'waiting' };
  #behind = 0;
  #lookedAt = 0;

  constructor(context: AdapterContext, options: ReaderOptions, handling: Handling) {
    this.#context = context;
    this.#options = options;
    this.#handling = handling;
    this.#progress = new Progress(context, { consumer: options.consumer, source: options.source.schema });
    this.#delivery = new Delivery(context, handling, this.#progress, options.maxAttempts);
    this.#behindGauge = context.telemetry.gauge('adapter_inbox_behind', 'Events published and not yet handled', [
      'consumer',
      'source',
    ]);
  }

  get health(): ReaderHealth {
    return { ...this.#progress.reader, ...this.#state, checkpoint: this.#progress.position, behind: this.#behind };
  }

  /** Looks for requested retries at once. */
  wake(): void {
    this.#lookedAt = 0;
    this.#pause.wake();
  }

  /** Ends with the signal; what is being handled then is handled to its end. */
  async run(signal: AbortSignal): Promise<void> {
    using stream = new SourceStream(this.#context, this.#options.source);
    const unblock = () => stream[Symbol.dispose]();
    signal.addEventListener('abort', unblock, { once: true });
    let loaded = false;
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted;) {
      try {
        if (!loaded) await this.#progress.load(() => this.#startAt(stream));
        if (!loaded) this.#state = { state: 'reading' };
        loaded = true;
        await this.#step(stream, signal);
        pauseMs = FIRST_PAUSE_MS;
        if (this.#state.state !== 'reading') this.#state = { state: 'reading' };
      } catch (error) {
        if (signal.aborted) break;
        // What was handled before is not to be handled again, where that can be had.
        if (loaded) await this.#progress.save().catch(() => {});
        loaded = false;
        await this.#failed(error, pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
    signal.removeEventListener('abort', unblock);
    if (loaded) await this.#progress.save().catch(() => {});
    this.#state = { state: 'waiting' };
  }

  async #step(stream: SourceStream, signal: AbortSignal): Promise<void> {
    const waitMs = this.#progress.unsaved ? SAVE_EVERY_MS : WAIT_MS;
    const events = untilGap(await stream.after(this.#progress.position, READ_AT_ONCE, waitMs));
    const [first] = events;
    if (first) await this.#checkGap(stream, first.publishSeq);
    let i = 0;
    do {
      if (signal.aborted) return;
      i = await this.#deliverSome(events, i, signal);
      await this.#progress.save(events.length > 0 ? SAVE_EVERY_MS : 0);
      if (performance.now() - this.#lookedAt > LOOK_EVERY_MS) await this.#look(stream, signal);
    } while (i < events.length);
  }

  /** Delivers as many of the events as the handling takes at once; answers where the next ones begin. */
  async #deliverSome(events: readonly StreamedEvent[], from: number, signal: AbortSignal): Promise<number> {
    const accepted: StreamedEvent[] = [];
    let to = from;
    for (; to < events.length && accepted.length < this.#handling.batch; to += 1) {
      if (this.#handling.accepts(events[to]!.type)) accepted.push(events[to]!);
    }
    if (to === from) return to;
    const last = events[to - 1]!.publishSeq;
    if (accepted.length > 0) await this.#delivery.deliver(accepted, last, signal);
    else this.#progress.position = last;
    return to;
  }

  async #look(stream: SourceStream, signal: AbortSignal): Promise<void> {
    this.#lookedAt = performance.now();
    const published = await stream.published().catch(() => undefined);
    this.#behind = Math.max(0, (published?.publishSeq ?? 0) - this.#progress.position);
    this.#behindGauge(this.#behind, this.#progress.reader);
    await this.#delivery.retryRequested(signal);
  }

  #startAt(stream: SourceStream): Promise<number> {
    const { start } = this.#options;
    return typeof start === 'number' ? Promise.resolve(start) : start === 'latest' ? stream.last() : Promise.resolve(0);
  }

  /** After the checkpoint comes the next number. A consumer that has read nothing yet begins with what the stream still holds. */
  async #checkGap(stream: SourceStream, found: number): Promise<void> {
    const { position } = this.#progress;
    if (found === position + 1) return;
    if (position > 0 || typeof this.#options.start === 'number') throw await stream.explainGap(position, found);
    this.#progress.position = found - 1;
  }

  async #failed(error: unknown, pauseMs: number, signal: AbortSignal): Promise<void> {
    const code = isAdapterError(error) ? error.code : error instanceof Error ? error.name : typeof error;
    const stopped = code === 'events-gap' || code === 'events-trimmed';
    const state = stopped ? 'stopped' : 'retrying';
    if (this.#state.state !== state) {
      const level = stopped ? 'error' : 'warn';
      this.#context.telemetry.log[level]({ err: error, ...this.#progress.reader }, 'events cannot be consumed for now');
    }
    this.#state = { state, lastErrorClass: code };
    await this.#pause.sleep(stopped ? RECHECK_GAP_MS : pauseMs * (0.5 + Math.random() / 2), signal);
  }
}

/** The events up to where a number is left out. */
function untilGap(events: StreamedEvent[]): StreamedEvent[] {
  const gap = events.findIndex((event, i) => event.publishSeq !== events[0]!.publishSeq + i);
  return gap === -1 ? events : events.slice(0, gap);
}
