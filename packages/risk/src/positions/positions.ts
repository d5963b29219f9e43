import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  assetInput,
  idInput,
  instantInput,
  nonNegativeAmount,
  pageFields,
  positiveAmount,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';
import type { Outcome } from '../outcome.ts';

export const sides = ['buy', 'sell'] as const;
/** Which way it trades. */
export type Side = (typeof sides)[number];

/** What an account has of a symbol at one venue: the fold of its fills there, by average cost. */
export interface Position {
  account: string;
  venue: string;
  symbol: string;
  /** Below zero where it is short. */
  quantity: Decimal;
  /** What was paid for what is held, of the sign of the quantity, in the quote asset. */
  cost: Decimal;
  /** Cost over quantity, rounded to 18 digits; absent where nothing is held. */
  averagePrice?: Decimal;
  /** Result of what was closed, without fees, in the quote asset. */
  realized: Decimal;
  /** In the quote asset. Fees in another one are with the fills. */
  fees: Decimal;
  /** Of the last trade that is in it. */
  lastSequence: number;
  asOf: Instant;
  version: number;
}

/** The positions of a symbol over venues. Gross tells what netting hides. */
export interface AggregatePosition {
  symbol: string;
  net: Decimal;
  /** The sum of what is held at each venue and account, without signs. */
  gross: Decimal;
  realized: Decimal;
  fees: Decimal;
  venues: {
    venue: string;
    net: Decimal;
    gross: Decimal;
    asOf: Instant;
    /** Since the last fill there. */ ageMs: number;
  }[];
}

/** A fill as it was applied. */
export interface Fill {
  fillId: string;
  account: string;
  venue: string;
  sequence: number;
  symbol: string;
  side: Side;
  quantity: Decimal;
  price: Decimal;
  fee: Decimal;
  feeAsset?: string;
  orderId?: string;
  strategy?: string;
  at: Instant;
}

const fillId = z
  .string({ error: 'expected an id' })
  .regex(/^[A-Za-z0-9._:/-]{1,96}$/, 'expected 1 to 96 characters of A-Z a-z 0-9 . _ : / -');

/**
 * One side of a trade. `fillId` is unique at its venue: the same one with the same content answers the position as it is. `sequence` is the
 * number of the trade in its market. With `orderId` the fill uses what a check has reserved for the order, and is of its strategy.
 */
export const applyFill = z
  .strictObject({
    fillId,
    account: idInput,
    venue: idInput,
    sequence: z.int().positive(),
    symbol: symbolInput,
    side: z.enum(sides),
    quantity: positiveAmount,
    price: positiveAmount,
    fee: nonNegativeAmount.optional(),
    feeAsset: assetInput.optional(),
    orderId: idInput.optional(),
    strategy: idInput.optional(),
    at: instantInput,
  })
  .refine(({ fee, feeAsset }) => fee === undefined || fee === '0' || feeAsset !== undefined, {
    message: 'expected the asset of the fee',
    path: ['feeAsset'],
  });
export type ApplyFill = z.input<typeof applyFill>;

const mostFills = 1000;
/** Fills, in any order; each counts once. */
export const applyFills = z.array(applyFill).max(mostFills);

/** By account, then venue, then symbol. */
export const listPositions = z.strictObject({
  account: idInput.optional(),
  venue: idInput.optional(),
  symbol: symbolInput.optional(),
  ...pageFields(idInput, idInput, symbolInput),
});
export type ListPositions = z.input<typeof listPositions>;

/** Of one account, or of all. */
export const aggregatePositions = z.strictObject({ account: idInput.optional(), symbol: symbolInput.optional() });
export type AggregatePositions = z.input<typeof aggregatePositions>;

/** In the order of their recording. */
export const listFills = z.strictObject({
  account: idInput,
  symbol: symbolInput.optional(),
  ...pageFields(instantInput, idInput, fillId),
});
export type ListFills = z.input<typeof listFills>;

/** Codes with which positions refuse. */
export type PositionRefusal = 'id-conflict' | 'too-many-digits';

/** Positions of every account at every venue, from the fills that their exchanges tell of. */
export interface Positions {
  /**
   * A fill twice is the same fill; one that comes late, after fills of later trades, ends as if it had come in time.
   * @throws ConflictError `id-conflict` where the id stands for another fill
   */
  applyFill(input: ApplyFill, options?: CallOptions): Promise<Position>;
  /** Many at once, in their order: one outcome each. */
  applyFills(input: readonly ApplyFill[], options?: CallOptions): Promise<Outcome<Position>[]>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListPositions, options?: CallOptions): Listing<Position>;
  /** Positions summed over what is left out of the grouping. */
  aggregate(input?: AggregatePositions, options?: CallOptions): Promise<AggregatePosition[]>;
  /** A page when awaited; all of them by `for await`. */
  listFills(input: ListFills, options?: CallOptions): Listing<Fill>;
}
