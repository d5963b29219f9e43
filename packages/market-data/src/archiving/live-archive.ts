import { type AdapterContext, Archiver, type KeyOf, type LeaseRepository, type Queries } from '@tse/core';
import { LiveLog } from './live-log.ts';

export interface LiveArchiveOptions {
  /** `ticks`: a series is called `ticks/BTC-USD`. */
  name: string;
  key: KeyOf;
  /** Stores what the entries of one symbol hold; `continues` where nothing is missing before them. */
  store: (tx: Queries, symbol: string, entries: readonly string[], continues: boolean) => Promise<void>;
}

/** Entries of a log that are archived at once: one is a flush, of up to some hundreds. */
const AT_ONCE = 100;

/** Moves what Redis took first to PostgreSQL, symbol by symbol. */
export class LiveArchive {
  readonly #context: AdapterContext;
  readonly #leases: LeaseRepository;
  readonly #options: LiveArchiveOptions;
  readonly #archivers = new Map<string, Archiver<string>>();
  readonly #touched = new Set<string>();
  /** Entries that wait, by symbol. */
  readonly #waiting = new Map<string, number>();
  readonly #backlog: (value: number, values: { series: string }) => void;

  constructor(context: AdapterContext, leases: LeaseRepository, options: LiveArchiveOptions) {
    this.#context = context;
    this.#leases = leases;
    this.#options = options;
    this.#backlog = context.telemetry.gauge('adapter_archive_backlog', 'Facts in Redis that are not yet archived', [
      'series',
    ]);
  }

  /** Something of this symbol was written by this process. */
  touch(symbol: string): void {
    this.#touched.add(symbol);
  }

  /** All that there is of these symbols, or of those that this process has written to; answers how many entries. */
  async archive(symbols: Iterable<string> | undefined, signal?: AbortSignal): Promise<number> {
    let moved = 0;
    for (const symbol of symbols ?? [...this.#touched]) {
      signal?.throwIfAborted();
      this.#touched.delete(symbol);
      try {
        for (let more = 1; more > 0; moved += more) more = await this.#archiver(symbol).archiveNext();
      } catch (error) {
        this.#touched.add(symbol);
        throw error;
      }
    }
    return moved;
  }

  #archiver(symbol: string): Archiver<string> {
    let archiver = this.#archivers.get(symbol);
    if (archiver === undefined) {
      const { name, key, store } = this.#options;
      const log = new LiveLog(this.#context, key(symbol, 'log'));
      archiver = new Archiver(this.#context, this.#leases, {
        series: `${name}/${symbol}`,
        label: name,
        onBacklog: (entries) => this.#tellBacklog(symbol, entries),
        source: log,
        store: (tx, entries) => store(tx, symbol, entries, log.continues),
        batch: AT_ONCE,
      });
      this.#archivers.set(symbol, archiver);
    }
    return archiver;
  }

  #tellBacklog(symbol: string, entries: number): void {
    if (entries > 0) this.#waiting.set(symbol, entries);
    else this.#waiting.delete(symbol);
    let total = 0;
    for (const waiting of this.#waiting.values()) total += waiting;
    this.#backlog(total, { series: this.#options.name });
  }
}
