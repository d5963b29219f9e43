import { type AdapterContext, Batcher, script } from '@tse/core';

const recordLive = script('market-data.live.record', 'write', new URL('../../lua/record-live.lua', import.meta.url));

/** Batches of callers that go in one flush, and that may wait for one. */
const FLUSH_AT_ONCE = 64;
const MAX_WAITING = 512;

/** `stale`: the source had told this sequence, or a later one, already: out of order, or twice. */
export type LiveOutcome = 'recorded' | 'stale';

/** What a caller hands in of one symbol, as texts that begin `source|microseconds|sequence|`. */
export interface SymbolBatch {
  symbol: string;
  sources: string[];
  sequences: number[];
  texts: string[];
}

export interface LiveWriterOptions {
  /** A metric label: `prices.record`. */
  name: string;
  /** The last of each source, the ring where there is one, and the log. */
  keysOf(symbol: string): [last: string, ring: string, log: string];
  ringLength: number;
  /** What is new of each source, once Redis has it. */
  onFlushed(symbol: string, newest: string[]): void;
}

/**
 * The buffered writer of live data: one script call a symbol a flush. What comes while a flush of its symbol is under way is the next one; where
 * too much waits, callers are refused.
 */
export class LiveWriter {
  readonly #context: AdapterContext;
  readonly #options: LiveWriterOptions;
  readonly #writers = new Map<string, Batcher<SymbolBatch, LiveOutcome[]>>();
  /** What this process saw Redis take, by symbol and source: a Redis that was just emptied must not make what is old new. */
  readonly #told = new Map<string, Map<string, number>>();

  constructor(context: AdapterContext, options: LiveWriterOptions) {
    this.#context = context;
    this.#options = options;
  }

  write(ticks: SymbolBatch): Promise<LiveOutcome[]> {
    let writer = this.#writers.get(ticks.symbol);
    if (writer === undefined) {
      const { symbol } = ticks;
      writer = new Batcher(
        {
          name: this.#options.name,
          batch: (members) =>
            this.#flush(
              symbol,
              members.map(({ input }) => input),
            ),
          max: FLUSH_AT_ONCE,
          maxWaiting: MAX_WAITING,
        },
        this.#context.telemetry,
      );
      this.#writers.set(symbol, writer);
    }
    return writer.submit(ticks);
  }

  async #flush(symbol: string, members: readonly SymbolBatch[]): Promise<LiveOutcome[][]> {
    const outcomes = members.map(({ texts }) => Array<LiveOutcome>(texts.length).fill('recorded'));
    const told = this.#told.get(symbol) ?? new Map<string, number>();
    this.#told.set(symbol, told);
    const sources = new Map<string, { first: number; last: number; text: string }>();
    const texts: string[] = [];
    /** Of each text its member and its place there. */
    const places: number[] = [];
    let known: { first: number; last: number; text: string } | undefined;
    let knownSource: string | undefined;
    for (let m = 0; m < members.length; m += 1) {
      const ticks = members[m]!;
      for (let i = 0; i < ticks.texts.length; i += 1) {
        const sequence = ticks.sequences[i]!;
        const source = ticks.sources[i]!;
        // Neighbours are mostly of one source.
        if (source !== knownSource) {
          known = sources.get(source);
          knownSource = source;
        }
        if (sequence <= (known?.last ?? told.get(source) ?? -1)) {
          outcomes[m]![i] = 'stale';
          continue;
        }
        if (known === undefined) {
          known = { first: sequence, last: sequence, text: ticks.texts[i]! };
          sources.set(source, known);
        } else {
          known.last = sequence;
          known.text = ticks.texts[i]!;
        }
        texts.push(ticks.texts[i]!);
        places.push(m, i);
      }
    }
    if (texts.length === 0) return outcomes;
    const args: (string | number)[] = [this.#options.ringLength, sources.size];
    for (const [source, { first, last, text }] of sources) args.push(source, first, last, text);
    args.push(texts.join('\n'));
    const refused = await this.#context.redis.script<(string | number)[]>(
      recordLive,
      this.#options.keysOf(symbol),
      args,
    );
    for (const [source, { last }] of sources) told.set(source, last);
    for (const place of refused) {
      const at = 2 * (Number(place) - 1);
      outcomes[places[at]!]![places[at + 1]!] = 'stale';
    }
    if (refused.length < texts.length) {
      const late = new Set(refused.map((place) => texts[Number(place) - 1]!));
      this.#options.onFlushed(
        symbol,
        [...sources.values()].map(({ text }) => text).filter((text) => !late.has(text)),
      );
    }
    return outcomes;
  }
}
