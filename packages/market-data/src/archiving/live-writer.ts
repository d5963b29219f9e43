import { type AdapterContext, Batcher, type KeyOf, script } from '@tse/core';
import { RING_LENGTH, type TickOutcome } from './prices.ts';
import type { SymbolTicks } from './tick-batch.ts';

const recordTicks = script(
  'market-data.prices.record',
  'write',
  new URL('../../lua/record-ticks.lua', import.meta.url),
);

/** Batches of callers that go in one flush, and that may wait for one. */
const FLUSH_AT_ONCE = 64;
const MAX_WAITING = 512;

/**
 * The buffered writer of ticks: one script call a symbol a flush. What comes while a flush of its symbol is under way is the next one; where
 * too much waits, callers are refused.
 */
export class TickWriter {
  readonly #context: AdapterContext;
  readonly #keys: { price: KeyOf; ticks: KeyOf };
  readonly #onFlushed: (symbol: string, newest: string[]) => void;
  readonly #writers = new Map<string, Batcher<SymbolTicks, TickOutcome[]>>();
  /** What this process saw Redis take, by symbol and source: a Redis that was just emptied must not make what is old new. */
  readonly #told = new Map<string, Map<string, number>>();

  constructor(
    context: AdapterContext,
    keys: { price: KeyOf; ticks: KeyOf },
    onFlushed: (symbol: string, newest: string[]) => void,
  ) {
    this.#context = context;
    this.#keys = keys;
    this.#onFlushed = onFlushed;
  }

  write(ticks: SymbolTicks): Promise<TickOutcome[]> {
    let writer = this.#writers.get(ticks.symbol);
    if (writer === undefined) {
      const { symbol } = ticks;
      writer = new Batcher(
        {
          name: 'prices.record',
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

  async #flush(symbol: string, members: readonly SymbolTicks[]): Promise<TickOutcome[][]> {
    const outcomes = members.map(({ texts }) => Array<TickOutcome>(texts.length).fill('recorded'));
    const told = this.#told.get(symbol) ?? new Map<string, number>();
    this.#told.set(symbol, told);
    const sources = new Map<string, { first: number; last: number; text: string }>();
    const texts: string[] = [];
    const places: [member: number, place: number][] = [];
    for (const [m, ticks] of members.entries()) {
      for (let i = 0; i < ticks.texts.length; i += 1) {
        const sequence = ticks.sequences[i]!;
        const source = ticks.sources[i]!;
        const known = sources.get(source);
        if (sequence <= (known?.last ?? told.get(source) ?? -1)) {
          outcomes[m]![i] = 'stale';
          continue;
        }
        if (known === undefined) sources.set(source, { first: sequence, last: sequence, text: ticks.texts[i]! });
        else {
          known.last = sequence;
          known.text = ticks.texts[i]!;
        }
        texts.push(ticks.texts[i]!);
        places.push([m, i]);
      }
    }
    if (texts.length === 0) return outcomes;
    const args: (string | number)[] = [RING_LENGTH, sources.size];
    for (const [source, { first, last, text }] of sources) args.push(source, first, last, text);
    for (const text of texts) args.push(text);
    const { price, ticks } = this.#keys;
    const refused = await this.#context.redis.script<(string | number)[]>(
      recordTicks,
      [price(symbol), ticks(symbol), price(symbol, 'log')],
      args,
    );
    for (const [source, { last }] of sources) told.set(source, last);
    for (const place of refused) {
      const [m, i] = places[Number(place) - 1]!;
      outcomes[m]![i] = 'stale';
    }
    if (refused.length < texts.length) {
      const late = new Set(refused.map((place) => texts[Number(place) - 1]!));
      this.#onFlushed(
        symbol,
        [...sources.values()].map(({ text }) => text).filter((text) => !late.has(text)),
      );
    }
    return outcomes;
  }
}
