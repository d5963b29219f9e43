import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  anyAmount,
  idInput,
  instantInput,
  pageFields,
  symbolInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import type { LotMethod } from '../deployments/deployments.ts';
import type { Leg } from '../orders/orders.ts';

/**
 * One cycle from flat to flat, in the quote asset of its market: a fold of its fills in the order of their trade sequence. A fill across
 * zero is split: its first part closes this cycle, the rest opens the next.
 */
export interface Position {
  id: string;
  deploymentId: string;
  accountId: string;
  venue: string;
  symbol: string;
  leg: Leg;
  cycle: number;
  direction: 'long' | 'short';
  /** Signed. */
  quantity: Decimal;
  /** Of the open lots, signed as the quantity. */
  cost: Decimal;
  enteredQuantity: Decimal;
  enteredQuote: Decimal;
  exitedQuantity: Decimal;
  exitedQuote: Decimal;
  /** Of all entries, to 18 digits: it stays when a part is closed. */
  averageEntryPrice?: Decimal;
  averageExitPrice?: Decimal;
  peakQuantity: Decimal;
  /** By the lots that were closed, without fees and adjustments. */
  realized: Decimal;
  fees: Decimal;
  /** How many fees are in no sum: nobody told what they are worth in the quote asset. */
  unconvertedFees: number;
  adjustments: Decimal;
  /** Realized less fees, with adjustments. */
  netRealized: Decimal;
  lastTradeSequence: number;
  /** Of the order that opened it. */
  tag?: string;
  /** Of the order that closed it. */
  exitReason?: string;
  version: number;
  openedAt: Instant;
  closedAt?: Instant;
}

/** What a position was with each of its versions. */
export interface PositionEvent {
  version: number;
  type: 'opened' | 'increased' | 'reduced' | 'closed' | 'adjusted' | 'folded-again';
  quantity: Decimal;
  cost: Decimal;
  realized: Decimal;
  fees: Decimal;
  adjustments: Decimal;
  tradeId?: string;
  orderId?: string;
  lastTradeSequence: number;
  occurredAt: Instant;
}

/** What one fill opened, and what is left of it. */
export interface Lot {
  lot: number;
  tradeId: string;
  orderId: string;
  price: Decimal;
  quantity: Decimal;
  remaining: Decimal;
  openedAt: Instant;
}

/** Which lot a closing took, and what it made of it. */
export interface LotMatch {
  match: number;
  lot: number;
  tradeId: string;
  orderId: string;
  /** `fee`: taken by a fee in the base asset. */
  kind: 'trade' | 'fee';
  method: LotMethod;
  quantity: Decimal;
  openPrice: Decimal;
  closePrice: Decimal;
  pnl: Decimal;
  matchedAt: Instant;
}

/** What was booked on a position by hand. */
export interface Adjustment {
  reference: string;
  positionId: string;
  kind: 'funding' | 'commission' | 'correction';
  amount: Decimal;
  reason?: string;
  adjustedAt: Instant;
}

/** Money that a position made (above zero) or cost beside its trades. `reference` makes it unique. */
export const adjustPosition = z.strictObject({
  reference: idInput,
  positionId: idInput,
  kind: z.enum(['funding', 'commission', 'correction']),
  amount: anyAmount.refine((amount) => amount !== '0', 'expected an amount other than zero'),
  reason: textInput(200).optional(),
  at: instantInput.optional(),
});
export type AdjustPosition = z.input<typeof adjustPosition>;

/** By when they were opened. */
export const listPositions = z.strictObject({
  deploymentId: idInput,
  symbol: symbolInput.optional(),
  state: z.enum(['open', 'closed']).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListPositions = z.input<typeof listPositions>;

const inPosition = { positionId: idInput };
const number = z.int().max(2 ** 31 - 1);
export const listLots = z.strictObject({ ...inPosition, open: z.boolean().default(false), ...pageFields(number) });
export type ListLots = z.input<typeof listLots>;
export const listLotMatches = z.strictObject({ ...inPosition, ...pageFields(number) });
export type ListLotMatches = z.input<typeof listLotMatches>;
export const listPositionEvents = z.strictObject({ ...inPosition, ...pageFields(z.int()) });
export type ListPositionEvents = z.input<typeof listPositionEvents>;

export const rebuildPositions = z.strictObject({
  deploymentId: idInput,
  accountId: idInput,
  venue: idInput,
  symbol: symbolInput,
});
export type RebuildPositions = z.input<typeof rebuildPositions>;

/** Codes with which positions refuse. */
export type PositionRefusal = 'unknown-position' | 'unknown-book' | 'id-conflict';

/** What fills made: positions, their lots, and which lot each closing took. Errors are `not-found` or `conflict` with a `PositionRefusal`. */
export interface Positions {
  /** The open ones in the order of their ids; from Redis where it has them. */
  listOpen(deploymentId: string, options?: CallOptions): Promise<Position[]>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListPositions, options?: CallOptions): Listing<Position>;
  /** Nothing where there is none. */
  find(positionId: string, options?: CallOptions): Promise<Position | undefined>;
  /** Refused as `not-found` where there is none. */
  get(positionId: string, options?: CallOptions): Promise<Position>;
  /** Books funding, a commission or a correction on a position, once by its reference. */
  adjust(input: AdjustPosition, options?: CallOptions): Promise<Position>;
  /** All of them. */
  listAdjustments(positionId: string, options?: CallOptions): Promise<Adjustment[]>;
  /** A page when awaited; all of them by `for await`. */
  listLots(input: ListLots, options?: CallOptions): Listing<Lot>;
  /** A page when awaited; all of them by `for await`. */
  listMatches(input: ListLotMatches, options?: CallOptions): Listing<LotMatch>;
  /** A page when awaited; all of them by `for await`. */
  listEvents(input: ListPositionEvents, options?: CallOptions): Listing<PositionEvent>;
  /** Folds all fills of a market on an account again; positions that are right come out as they were. */
  rebuild(input: RebuildPositions, options?: CallOptions): Promise<Position[]>;
}
