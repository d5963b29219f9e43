import { setTimeout as sleep } from 'node:timers/promises';
import type { AdapterContext, Consumer, EventInbox, HealthContribution, Worker } from '@tse/core';
import type { SourceOption } from '../config.ts';
import type { TrailWriter } from '../trail/trail-writer.repository.ts';
import { CONSUMER, type SourceRepository, catalogOf } from './sources.repository.ts';
import type { Source } from './sources.ts';

const LOOK_EVERY_MS = 1000;
const BATCH = 500;

/** Reads the sources into the trail: one consumer over all of them, begun anew where they change. */
export class IngestSources implements Worker, HealthContribution {
  readonly name = 'ingest-sources';
  readonly needs = ['postgres'] as const;
  readonly #sources: SourceRepository;
  readonly #configured: readonly SourceOption[];
  readonly #inbox: EventInbox;
  readonly #writer: TrailWriter;
  readonly #endMetric: () => void;
  #known: readonly Source[] = [];
  #woken = new AbortController();

  constructor(
    context: AdapterContext,
    parts: {
      sources: SourceRepository;
      configured: readonly SourceOption[];
      inbox: EventInbox;
      writer: TrailWriter;
    },
  ) {
    this.#sources = parts.sources;
    this.#configured = parts.configured;
    this.#inbox = parts.inbox;
    this.#writer = parts.writer;
    this.#endMetric = context.telemetry.observed(
      'audit_coverage',
      'Part of what a source has published that is in the trail: 1 is all of it',
      ['source'],
      () => this.#known.map((source) => [coverageOf(source), { source: source.sourceId }]),
    );
  }

  close(): Promise<void> {
    this.#endMetric();
    return Promise.resolve();
  }

  /** Looks at once for what was added or paused. */
  readonly wake = (): void => this.#woken.abort();

  async run(signal: AbortSignal): Promise<void> {
    let consumer: Consumer | undefined;
    let reading = '';
    try {
      for (const source of this.#configured) await this.#sources.add(source);
      while (!signal.aborted) {
        this.#woken = new AbortController();
        this.#known = await this.#sources.all();
        const wanted = this.#known.filter(({ state }) => state === 'reading');
        const names = wanted.map(({ sourceId }) => sourceId).join();
        if (names !== reading) {
          await consumer?.stop();
          consumer = wanted.length > 0 ? this.#consume(wanted) : undefined;
          reading = names;
        }
        const until = AbortSignal.any([signal, this.#woken.signal]);
        await sleep(LOOK_EVERY_MS, undefined, { signal: until, ref: false }).catch(() => {});
      }
    } finally {
      await consumer?.stop();
    }
  }

  check() {
    const facts = Object.fromEntries(
      this.#known.map(({ sourceId, state, checkpoint, published }) => [
        sourceId,
        `${state}, ${checkpoint}${published === undefined ? '' : ` of ${published}`}`,
      ]),
    );
    return { state: 'up' as const, facts };
  }

  #consume(sources: readonly Source[]): Consumer {
    const from = sources.map(catalogOf);
    // A trail leaves nothing out: an event that cannot be taken is tried for long before it becomes a dead letter.
    return this.#inbox.consumeInTransaction(
      { name: CONSUMER, from, start: 0, batch: BATCH, maxAttempts: 100 },
      async (tx, events) => {
        await this.#writer.ensureRoom(events.length);
        await this.#writer.appendStreamed(tx, events);
      },
    );
  }
}

const coverageOf = ({ checkpoint, published = 0, startAfter }: Source): number =>
  published <= startAfter ? 1 : Math.min(1, (checkpoint - startAfter) / (published - startAfter));
