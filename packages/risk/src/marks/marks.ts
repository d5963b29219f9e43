import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  durationInput,
  idInput,
  instantInput,
  pageFields,
  positiveAmount,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';

/** In the order of preference for valuing: the mark, the side of the book a position would be closed at, the last trade, a bar's close. */
export const markKinds = ['mark', 'bid', 'ask', 'last', 'close'] as const;
/** Which price it is. */
export type MarkKind = (typeof markKinds)[number];

/** The latest price of a symbol of one kind. */
export interface Mark {
  symbol: string;
  kind: MarkKind;
  price: Decimal;
  source: string;
  /** Grows with each price of the source. */
  sequence: number;
  /** When the price was made, and when it came here, in business time. */
  at: Instant;
  receivedAt: Instant;
  version: number;
}

/** A price at the beginning of a period. */
export interface HistoryPoint {
  startsAt: Instant;
  price: Decimal;
}

/** `source` is `market-data`, `kind` is `last` where nothing is said. An older sequence of a source changes nothing. */
export const recordMark = z.strictObject({
  symbol: symbolInput,
  kind: z.enum(markKinds).default('last'),
  price: positiveAmount,
  source: idInput.default('market-data'),
  sequence: z.int().min(0),
  at: instantInput,
});
export type RecordMark = z.input<typeof recordMark>;

export const period = durationInput.refine(
  (ms) => ms >= 60_000 && ms <= 31 * 86_400_000,
  'expected a minute to 31 days',
);

/** Closes of bars, for returns: of a symbol and a period such as `P1D`. What is known already is overwritten. */
export const recordCloses = z.strictObject({
  symbol: symbolInput,
  period,
  source: idInput.default('market-data'),
  closes: z
    .array(z.strictObject({ at: instantInput, price: positiveAmount }))
    .min(1)
    .max(5000),
});
export type RecordCloses = z.input<typeof recordCloses>;

export const listMarks = z.strictObject({
  symbol: symbolInput.optional(),
  ...pageFields(symbolInput, z.enum(markKinds)),
});
export type ListMarks = z.input<typeof listMarks>;

/** Oldest first. */
export const listHistory = z.strictObject({
  symbol: symbolInput,
  period,
  from: instantInput.optional(),
  until: instantInput.optional(),
  ...pageFields(instantInput),
});
export type ListHistory = z.input<typeof listHistory>;

/** The prices that positions are valued by: an own copy, pushed by the service from the price feed and from closed candles. */
export interface Marks {
  /** Answers the price that stands: this one, or a newer one. */
  record(input: RecordMark, options?: CallOptions): Promise<Mark>;
  /** Answers how many there were. */
  recordCloses(input: RecordCloses, options?: CallOptions): Promise<number>;
  /** All kinds of a symbol. */
  find(symbol: string, options?: CallOptions): Promise<Mark[]>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListMarks, options?: CallOptions): Listing<Mark>;
  /** A page when awaited; all of them by `for await`. */
  listHistory(input: ListHistory, options?: CallOptions): Listing<HistoryPoint>;
}
