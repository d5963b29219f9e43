import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  pageFields,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';
import type { LiveOutcome } from '../archiving/live-writer.ts';

/** One price as a source told it. */
export interface Tick {
  symbol: string;
  source: string;
  eventAt: Instant;
  /** The source's own, growing. */
  sequence: number;
  price: Decimal;
  bid?: Decimal;
  ask?: Decimal;
}

/** A live price, with how old it is by the adapter's clock. */
export interface Price extends Tick {
  ageMs: number;
}

/** One tick of a batch. */
export interface TickInput {
  symbol: string;
  source: string;
  eventAt: string | Date;
  /** Of the source for this symbol: what is not above its last one is not taken. */
  sequence: number;
  price: string;
  bid?: string | undefined;
  ask?: string | undefined;
}

export const latestPrice = z.strictObject({
  symbol: symbolInput,
  /** Any where left out: the newest of all sources by the time of its event. */
  source: idInput.optional(),
  /** An older price is as good as none. */
  maxAgeMs: z.int().min(0).optional(),
});
/** Which symbol's newest price, of which source, and how old it may be. */
export type LatestPrice = z.input<typeof latestPrice>;

export const listPrices = z.strictObject({
  symbols: z.array(symbolInput).min(1).max(1000),
});
/** Which newest prices. */
export type ListPrices = z.input<typeof listPrices>;

/** Ticks of a ring, newest first. */
export const RING_LENGTH = 1000;
export const recentTicks = z.strictObject({
  symbol: symbolInput,
  limit: z.int().min(1).max(RING_LENGTH).default(100),
});
/** How many of the newest ticks. */
export type RecentTicks = z.input<typeof recentTicks>;

/** What is archived, oldest first. */
export const listTicks = z.strictObject({
  symbol: symbolInput,
  source: idInput,
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, z.int()),
});
/** Ticks between two times, in pages. */
export type ListTicks = z.input<typeof listTicks>;

export const watchPrices = z.strictObject({
  /** All where left out. */
  symbols: z.array(symbolInput).min(1).max(1000).optional(),
});
/** Which symbols to watch. Slow readers get the newest price alone. */
export type WatchPrices = z.input<typeof watchPrices>;

/** The last price of a symbol, as the feed tells it. */
export type PriceUpdate = Omit<Tick, 'symbol' | 'price'> & { symbol: string; last: Decimal };

/** The state of a market at one look; what is not known is absent. */
export interface MarketSnapshot {
  symbol: string;
  last?: Decimal;
  bid?: Decimal;
  ask?: Decimal;
  spread?: Decimal;
  /** Of the last 24 hours by the adapter's clock, from closed minutes of `source`. */
  volume24h?: Decimal;
  high24h?: Decimal;
  low24h?: Decimal;
  /** The last price less that of 24 hours ago. */
  change24h?: Decimal;
  /** Of the price of 24 hours ago, to four digits: `1.25` is one and a quarter per cent. */
  changePercent24h?: Decimal;
  /** Of the last price. */
  at?: Instant;
}

export const getSnapshot = z.strictObject({ symbol: symbolInput, source: idInput });
/** Of which symbols the market is wanted. */
export type GetSnapshot = z.input<typeof getSnapshot>;

/** Codes with which prices refuse. */
export type PriceRefusal = 'unknown-instrument' | 'unknown-price' | 'stale-price' | 'too-many-digits';

/**
 * Live prices. Redis takes them first: what is answered as recorded is in Redis, and is archived to PostgreSQL soon after. Errors are `not-found` or
 * `invalid-input` with a `PriceRefusal` as code, or `unavailable`.
 */
export interface Prices {
  /** Takes ticks of any symbols and sources, those of each in their order; one outcome each. */
  record(ticks: readonly TickInput[], options?: CallOptions): Promise<LiveOutcome[]>;
  /** Nothing where there is none. */
  find(input: LatestPrice, options?: CallOptions): Promise<Price | undefined>;
  /** As `find`; none, or an older one than asked for, is `not-found`. */
  get(input: LatestPrice, options?: CallOptions): Promise<Price>;
  /** The last price of each source of a symbol, newest first. */
  listSources(symbol: string, options?: CallOptions): Promise<Price[]>;
  /** The newest price of each of these symbols that has one, in one round trip. */
  listLatest(input: ListPrices, options?: CallOptions): Promise<Price[]>;
  /** The last ticks of a symbol as they came, newest first. */
  recent(input: RecentTicks, options?: CallOptions): Promise<Tick[]>;
  /** The archived ticks of one source. */
  list(input: ListTicks, options?: CallOptions): Listing<Tick>;
  /** The last price of each symbol whenever it changes; a slow reader gets the latest one of each only. */
  watch(input?: WatchPrices, options?: CallOptions): AsyncIterable<PriceUpdate>;
  /** Price, quote and status of many symbols, read at once. */
  snapshot(input: GetSnapshot, options?: CallOptions): Promise<MarketSnapshot>;
}
