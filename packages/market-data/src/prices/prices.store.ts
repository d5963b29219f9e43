import {
  type AdapterContext,
  type CallOptions,
  type Epoch,
  type Inbox,
  InvalidInputError,
  type KeyOf,
  type Listing,
  currentContext,
  instant,
  isAdapterError,
  operation,
  refusal,
  script,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';
import { latestTaken } from '../archiving/latest-taken.ts';
import { type LiveOutcome, LiveWriter } from '../archiving/live-writer.ts';
import type { InstrumentRepository } from '../instruments/instruments.repository.ts';
import { marketDataEvents } from '../events.ts';
import { microsOf } from '../bulk/event-time.ts';
import { PriceFeed } from './price-feed.ts';
import { type PriceRepository, type TickRow, toTick } from './prices.repository.ts';
import {
  type GetSnapshot,
  type LatestPrice,
  type ListPrices,
  type ListTicks,
  type MarketSnapshot,
  type Price,
  type PriceRefusal,
  type PriceUpdate,
  type Prices,
  RING_LENGTH,
  type RecentTicks,
  type Tick,
  type TickInput,
  type WatchPrices,
  latestPrice,
  listPrices,
  recentTicks,
  watchPrices,
} from './prices.ts';
import { type SymbolTicks, recordTicks } from './tick-batch.ts';
import { parseTick, tickText } from './tick-text.ts';
import { watchLatest } from './watch-latest.ts';

const restoreTicks = script(
  'market-data.prices.restore',
  'write',
  new URL('../../lua/restore-live.lua', import.meta.url),
);

const operations = {
  record: operation('market-data.prices.record', recordTicks),
  find: operation('market-data.prices.find', latestPrice),
  get: operation('market-data.prices.get', latestPrice),
  listSources: operation('market-data.prices.listSources', z.strictObject({ symbol: symbolInput })),
  listLatest: operation('market-data.prices.listLatest', listPrices),
  recent: operation('market-data.prices.recent', recentTicks),
  watch: operation('market-data.prices.watch', watchPrices),
};

export class PriceStore implements Prices {
  readonly #context: AdapterContext;
  readonly #epoch: Epoch;
  readonly #inbox: Inbox;
  readonly #keys: { price: KeyOf; ticks: KeyOf };
  readonly #instruments: InstrumentRepository;
  readonly #archived: PriceRepository;
  readonly #writer: LiveWriter;
  readonly #feed: PriceFeed;
  readonly #closing = new AbortController();

  constructor(
    context: AdapterContext,
    parts: {
      epoch: Epoch;
      inbox: Inbox;
      keys: { price: KeyOf; ticks: KeyOf };
      instruments: InstrumentRepository;
      archived: PriceRepository;
      onRecorded: (symbol: string) => void;
    },
  ) {
    this.#context = context;
    this.#epoch = parts.epoch;
    this.#inbox = parts.inbox;
    this.#keys = parts.keys;
    this.#instruments = parts.instruments;
    this.#archived = parts.archived;
    this.#feed = new PriceFeed(context);
    const { price, ticks } = parts.keys;
    this.#writer = new LiveWriter(context, {
      name: 'prices.record',
      keysOf: (symbol) => [price(symbol), ticks(symbol), price(symbol, 'log')],
      ringLength: RING_LENGTH,
      onFlushed: (symbol, newest) => {
        parts.onRecorded(symbol);
        for (const text of newest) this.#feed.tell(parseTick(symbol, text));
      },
    });
  }

  record(ticks: readonly TickInput[], options?: CallOptions): Promise<LiveOutcome[]> {
    return this.#context.run(operations.record, ticks, options, async ({ ticks: length, groups }) => {
      const latest = latestTaken(this.#context.clock);
      for (const group of groups) await this.#check(group, latest);
      for (const { symbol } of groups) this.#feed.because(symbol, currentContext());
      const written = await Promise.all(groups.map((group) => this.#writer.write(group)));
      if (groups.length === 1) return written[0]!;
      const outcomes = Array<LiveOutcome>(length);
      for (const [g, { places }] of groups.entries())
        for (let i = 0; i < places.length; i += 1) outcomes[places[i]!] = written[g]![i]!;
      return outcomes;
    });
  }

  find(input: LatestPrice, options?: CallOptions): Promise<Price | undefined> {
    return this.#context.run(operations.find, input, options, async (given) => {
      const price = await this.#latest(given);
      return given.maxAgeMs !== undefined && price && price.ageMs > given.maxAgeMs ? undefined : price;
    });
  }

  get(input: LatestPrice, options?: CallOptions): Promise<Price> {
    return this.#context.run(operations.get, input, options, async (given) => {
      const price = await this.#latest(given);
      const { symbol, source, maxAgeMs } = given;
      if (!price) throw refusal<PriceRefusal>('unknown-price', { symbol, source });
      if (maxAgeMs !== undefined && price.ageMs > maxAgeMs)
        throw refusal<PriceRefusal>('stale-price', { symbol, source, ageMs: price.ageMs });
      return price;
    });
  }

  listSources(symbol: string, options?: CallOptions): Promise<Price[]> {
    return this.#context.run(operations.listSources, { symbol }, options, async (input) =>
      (await this.#sources([input.symbol]))[0]!
        .toSorted((a, b) => instant.compare(b.eventAt, a.eventAt))
        .map(this.#aged),
    );
  }

  listLatest(input: ListPrices, options?: CallOptions): Promise<Price[]> {
    return this.#context.run(operations.listLatest, input, options, async ({ symbols }) =>
      (await this.#sources(symbols)).flatMap((ticks) => newest(ticks) ?? []).map(this.#aged),
    );
  }

  recent(input: RecentTicks, options?: CallOptions): Promise<Tick[]> {
    return this.#context.run(operations.recent, input, options, async ({ symbol, limit }) => {
      const ring = await this.#live(() =>
        this.#context.redis.read('market-data.prices.recent', (client) =>
          client.lrange(this.#keys.ticks(symbol), 0, limit - 1),
        ),
      );
      if (ring && ring.length > 0) return ring.map((text) => parseTick(symbol, text));
      return (await this.#archived.newest(symbol, limit)).map((row) => toTick(symbol, row));
    });
  }

  list(input: ListTicks, options?: CallOptions): Listing<Tick> {
    return this.#archived.list(input, options);
  }

  watch(input: WatchPrices = {}, options?: CallOptions): AsyncIterable<PriceUpdate> {
    const given = this.#context.run(
      operations.watch,
      input,
      options,
      async ({ symbols }) => symbols && new Set(symbols),
    );
    const signal = AbortSignal.any([this.#closing.signal, ...(options?.signal ? [options.signal] : [])]);
    return watchLatest<PriceUpdate>(given, signal, (push) =>
      this.#inbox.follow(
        {
          name: 'watch-prices',
          feed: marketDataEvents.priceFeed,
          ...(this.#context.identity.instance !== undefined && { instance: this.#context.identity.instance }),
        },
        async ({ occurredAt, payload }) => push(payload.symbol, { ...payload, eventAt: occurredAt } as PriceUpdate),
      ),
    );
  }

  snapshot(input: GetSnapshot, options?: CallOptions): Promise<MarketSnapshot> {
    return this.#archived.snapshot(input, options, async (symbol) => newest((await this.#sources([symbol]))[0]!));
  }

  /** Ends whoever watches; what waits for the feed is out. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#feed.flush();
  }

  /** After a loss of Redis: the last of each source, and the ring, as far as they were archived. */
  async restore(signal: AbortSignal): Promise<void> {
    for (const [symbol, sources] of await this.#archived.lastTicks()) {
      signal.throwIfAborted();
      const ring = await this.#archived.newest(symbol, RING_LENGTH);
      const args: (string | number)[] = [RING_LENGTH, sources.length];
      for (const row of sources) args.push(row.source, row.seq, textOf(row));
      for (const row of ring) args.push(textOf(row));
      await this.#context.redis.script(restoreTicks, [this.#keys.price(symbol), this.#keys.ticks(symbol)], args);
    }
  }

  async #check(group: SymbolTicks, latest: number): Promise<void> {
    const { priceScale } = await this.#instruments.scalesOf(group.symbol);
    if (group.scale > priceScale)
      throw new InvalidInputError(
        [{ path: '', message: `a price of ${group.symbol} has ${priceScale} fraction digits at most` }],
        'too-many-digits',
      );
    for (let i = 0; i < group.micros.length; i += 1)
      if (group.micros[i]! > latest)
        throw new InvalidInputError(
          [{ path: `${group.places[i]}.eventAt`, message: 'more than a day after now' }],
          'too-far-ahead',
        );
  }

  async #latest({ symbol, source }: { symbol: string; source?: string | undefined }): Promise<Price | undefined> {
    const [ticks] = await this.#sources([symbol]);
    const tick = source === undefined ? newest(ticks!) : ticks!.find((each) => each.source === source);
    return tick && this.#aged(tick);
  }

  /** The last tick of each source of each symbol: from Redis, or, where it cannot say, from what is archived. */
  async #sources(symbols: readonly string[]): Promise<Tick[][]> {
    const live = await this.#live(() =>
      this.#context.redis.read('market-data.prices.find', (client) =>
        Promise.all(symbols.map((symbol) => client.hvals(this.#keys.price(symbol)))),
      ),
    );
    const found = symbols.map((symbol, i) => (live?.[i] ?? []).map((text) => parseTick(symbol, text)));
    const missing = symbols.filter((_, i) => found[i]!.length === 0);
    if (missing.length === 0) return found;
    const archived = await this.#archived.lastTicks(missing);
    return symbols.map((symbol, i) =>
      found[i]!.length > 0 ? found[i]! : (archived.get(symbol) ?? []).map((row) => toTick(symbol, row)),
    );
  }

  /** What Redis says, unless it is not there or not to be believed. */
  async #live<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      await this.#epoch.ensure();
      return await read();
    } catch (error) {
      if (isAdapterError(error) && error.kind === 'unavailable') return undefined;
      throw error;
    }
  }

  readonly #aged = (tick: Tick): Price => ({
    ...tick,
    ageMs: instant.millis(this.#context.clock.now()) - instant.millis(tick.eventAt),
  });
}

/** The latest by the time of its event; of one instant the one with the higher sequence. */
const newest = (ticks: readonly Tick[]): Tick | undefined =>
  ticks.reduce<Tick | undefined>(
    (best, tick) =>
      best === undefined ||
      tick.eventAt > best.eventAt ||
      (tick.eventAt === best.eventAt && tick.sequence > best.sequence)
        ? tick
        : best,
    undefined,
  );

const textOf = (row: TickRow): string =>
  tickText(row.source, microsOf(row.event_at)!, row.seq, row.price, row.bid ?? undefined, row.ask ?? undefined);
