import {
  type CallOptions,
  type Decimal,
  type Instant,
  instantInput,
  nonNegativeAmount,
  positiveAmount,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';

/** The quantity at one price. */
export interface BookLevel {
  price: Decimal;
  quantity: Decimal;
}

/** A book at one sequence, best levels first. */
export interface OrderBook {
  symbol: string;
  sequence: number;
  eventAt: Instant;
  bids: BookLevel[];
  asks: BookLevel[];
  /** Something is missing before what came last: it is what the book was before, until a snapshot comes. */
  stale: boolean;
  /** CRC-32 over the 25 best levels of each side, `bid:quantity:ask:quantity:…` in turn. */
  checksum: number;
}

const sequence = z.int().min(0);
const levels = z.array(z.strictObject({ price: positiveAmount, quantity: positiveAmount })).max(10_000);
const each = (side: readonly { price: string }[]) => new Set(side.map(({ price }) => price)).size === side.length;

/** All levels of a book, in any order. With a checksum, another one than that of these levels is refused. */
export const recordSnapshot = z.strictObject({
  symbol: symbolInput,
  sequence,
  eventAt: instantInput,
  bids: levels.refine(each, 'a price is named twice'),
  asks: levels.refine(each, 'a price is named twice'),
  checksum: z.int().min(0).max(4_294_967_295).optional(),
});
/** A whole book at a sequence; what came before it is replaced. */
export type RecordSnapshot = z.input<typeof recordSnapshot>;

/** Changes of one symbol's book, in their order. */
export const recordDeltas = z.strictObject({
  symbol: symbolInput,
  deltas: z
    .array(
      z
        .strictObject({
          sequence: z.int().min(1),
          /** The one that it follows; one less where left out. */
          follows: sequence.optional(),
          eventAt: instantInput,
          changes: z
            .array(
              z.strictObject({
                side: z.enum(['bid', 'ask']),
                price: positiveAmount,
                /** The new quantity of the level: 0 takes it away. */
                quantity: nonNegativeAmount,
              }),
            )
            .min(1)
            .max(1000),
        })
        .refine(({ sequence: own, follows }) => follows === undefined || follows < own, {
          message: 'expected a sequence below its own',
          path: ['follows'],
        }),
    )
    .min(1)
    .max(1000),
});
/** Changes of a book, in their sequence. */
export type RecordDeltas = z.input<typeof recordDeltas>;

/** `stale`: the book is past it. `gap`: something is missing before it, and the book waits for a snapshot. */
export type DeltaOutcome = 'applied' | 'stale' | 'gap';

export const bookDepth = z.strictObject({
  symbol: symbolInput,
  levels: z.int().min(1).max(10_000).default(20),
});
/** Which book, and how many levels a side. */
export type GetBookDepth = z.input<typeof bookDepth>;

export const replayBook = z.strictObject({ symbol: symbolInput, sequence });
/** Which book, as it stood at a time. */
export type ReplayBook = z.input<typeof replayBook>;

/** Codes with which order books refuse. */
export type OrderBookRefusal =
  | 'unknown-instrument'
  | 'unknown-book'
  | 'sequence-gap'
  | 'too-many-digits'
  | 'wrong-checksum'
  | 'crossed-book';

/**
 * Order books as a venue tells them. Redis takes them first; snapshots and deltas are archived. Errors are `not-found`, `conflict` or
 * `invalid-input` with an `OrderBookRefusal` as code, or `unavailable`.
 */
export interface OrderBooks {
  /** Puts a whole book in the place of what is there; `stale` where the book is past it. */
  recordSnapshot(input: RecordSnapshot, options?: CallOptions): Promise<'applied' | 'stale'>;
  /** One outcome a delta. */
  recordDeltas(input: RecordDeltas, options?: CallOptions): Promise<DeltaOutcome[]>;
  /** The best levels, as they are now. */
  depth(input: GetBookDepth, options?: CallOptions): Promise<OrderBook>;
  /** The book as it was at a sequence (or at the last one archived before it), from a snapshot and the deltas after it. */
  replay(input: ReplayBook, options?: CallOptions): Promise<OrderBook>;
}
