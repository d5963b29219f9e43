import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  nonNegativeAmount,
  pageFields,
  positiveAmount,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';
import type { LiveOutcome } from '../archiving/live-writer.ts';

/** The best bid and ask of a source, and what stands behind them. */
export interface Quote {
  symbol: string;
  source: string;
  eventAt: Instant;
  /** The source's own, growing. */
  sequence: number;
  bid: Decimal;
  bidQuantity: Decimal;
  ask: Decimal;
  askQuantity: Decimal;
  depth?: QuoteDepth;
  ageMs: number;
}

/** The quantity of the best so many levels of each side. */
export interface QuoteDepth {
  levels: number;
  bid: Decimal;
  ask: Decimal;
}

/** A bid above the ask is taken, and counted as crossed. */
export const recordQuotes = z
  .array(
    z.strictObject({
      symbol: symbolInput,
      source: idInput,
      eventAt: instantInput,
      sequence: z.int().min(0),
      bid: positiveAmount,
      bidQuantity: nonNegativeAmount,
      ask: positiveAmount,
      askQuantity: nonNegativeAmount,
      depth: z
        .strictObject({ levels: z.int().min(1).max(10_000), bid: nonNegativeAmount, ask: nonNegativeAmount })
        .optional(),
    }),
  )
  .min(1)
  .max(10_000);
/** Quotes as a venue told them, each with its sequence. */
export type RecordQuotes = z.input<typeof recordQuotes>;

export const latestQuote = z.strictObject({ symbol: symbolInput, source: idInput });
/** Which symbol's newest quote, of which venue. */
export type LatestQuote = z.input<typeof latestQuote>;

export const quoteStatistics = z
  .strictObject({ symbol: symbolInput, source: idInput, from: instantInput, to: instantInput })
  .refine(({ from, to }) => from < to, { message: 'expected an instant after `from`', path: ['to'] });
/** Of which quotes statistics are wanted, between two times. */
export type GetQuoteStatistics = z.input<typeof quoteStatistics>;

export const listQuoteMinutes = z.strictObject({
  symbol: symbolInput,
  source: idInput,
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput),
});
/** Quotes by the minute, between two times. */
export type ListQuoteMinutes = z.input<typeof listQuoteMinutes>;

/** Means weigh each quote by the time it stood; absent where none stood. */
export interface QuoteStatistics {
  /** Seconds for which a quote stood. */
  seconds: number;
  meanSpread?: number;
  meanMid?: number;
  meanBidQuantity?: number;
  meanAskQuantity?: number;
  minSpread: Decimal;
  maxSpread: Decimal;
  /** Of the quotes that told it. */
  meanDepth?: { levels: number; bid: number; ask: number };
  quotes: number;
  /** How many had their bid above their ask. */
  crossed: number;
}

export interface QuoteMinute extends QuoteStatistics {
  minute: Instant;
}

/** Codes with which quotes refuse. */
export type QuoteRefusal = 'unknown-instrument' | 'unknown-quote' | 'too-many-digits';

/**
 * Best bids and asks. Redis takes them first; the minutes they make are kept in PostgreSQL. Errors are `not-found` or `invalid-input` with a `QuoteRefusal` as
 * code, or `unavailable`.
 */
export interface Quotes {
  /** Takes quotes of any symbols and sources, those of each in their order; one outcome each. */
  record(quotes: RecordQuotes, options?: CallOptions): Promise<LiveOutcome[]>;
  /** Nothing where there is none. */
  find(input: LatestQuote, options?: CallOptions): Promise<Quote | undefined>;
  /** Refused as `not-found` where there is none. */
  get(input: LatestQuote, options?: CallOptions): Promise<Quote>;
  /** Over the whole minutes that begin in a span; `undefined` where there is no quote. */
  statistics(input: GetQuoteStatistics, options?: CallOptions): Promise<QuoteStatistics | undefined>;
  /** Oldest first. */
  listMinutes(input: ListQuoteMinutes, options?: CallOptions): Listing<QuoteMinute>;
}
