import { type CallOptions, type Decimal, type Instant, symbolInput } from '@tse/core';
import { z } from 'zod';
import type { BookOrder } from './book-fold.ts';

/** What rests at one price. */
export interface BookLevel {
  price: Decimal;
  quantity: Decimal;
  orders: number;
}

/** The best levels of a book, best first, at one change of its market. */
export interface BookDepth {
  symbol: string;
  /** The number of the last change in it. */
  sequence: number;
  bids: BookLevel[];
  asks: BookLevel[];
}

/** A whole book at one change of its market, in price-time order, bids first. */
export interface BookSnapshot {
  symbol: string;
  sequence: number;
  orders: BookOrder[];
  /** Over the orders: equal for equal books. */
  sha256: string;
}

/** What a comparison of a live book with the tables found. */
export interface BookDrift {
  symbol: string;
  sequence: number;
  /** Orders of the tables that were looked for. */
  compared: number;
  /** Orders that are missing, too many or different, and levels whose totals do not fit their orders. */
  differences: number;
}

export const getDepth = z.strictObject({ symbol: symbolInput, levels: z.int().min(1).max(1000).default(20) });
export type GetDepth = z.input<typeof getDepth>;
export const replayBook = z.strictObject({ symbol: symbolInput, sequence: z.int().min(0) });
export type ReplayBook = z.input<typeof replayBook>;

/** Codes with which order books refuse. */
export type OrderBookRefusal = 'unknown-market' | 'sequence-ahead' | 'history-retired';

/**
 * Live order books. Redis holds a projection of each: a fold of the market's dense sequence of changes, kept up by the worker
 * `project-order-books` and rebuilt from the open orders where it is missing. Without Redis depth comes from the tables.
 */
export interface OrderBooks {
  /** `fresh` brings the book up to the tables first. */
  depth(input: GetDepth, options?: CallOptions): Promise<BookDepth>;
  /** The depth now and after each change; a slow reader gets the latest only. */
  watch(input: GetDepth, options?: CallOptions): AsyncIterable<BookDepth>;
  /** Builds the book anew beside the live one and swaps it in. */
  rebuild(symbol: string, options?: CallOptions): Promise<BookDepth>;
  /** Compares the book in Redis with the tables, order by order, and rebuilds it where it drifted. */
  verify(symbol: string, options?: CallOptions): Promise<BookDrift>;
  /** Keeps the book as it is now in the tables, for replays to start from. */
  snapshot(symbol: string, options?: CallOptions): Promise<BookSnapshot & { takenAt: Instant }>;
  /** The book right after a change of the past. */
  replay(input: ReplayBook, options?: CallOptions): Promise<BookSnapshot>;
}
