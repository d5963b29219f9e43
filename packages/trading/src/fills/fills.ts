import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  anyAmount,
  assetInput,
  decimal,
  idInput,
  instantInput,
  nonNegativeAmount,
  pageFields,
  positiveAmount,
  symbolInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { orderStatuses } from '../orders/order-states.ts';
import { type Leg, type Side, sides } from '../orders/orders.ts';
import type { Position } from '../positions/positions.ts';

const liquidities = ['maker', 'taker'] as const;
const MOST_DIGITS = 18;

/** A fill of one of our orders, as the venue told it. */
export interface Fill {
  venue: string;
  tradeId: string;
  orderId: string;
  deploymentId: string;
  accountId: string;
  symbol: string;
  side: Side;
  leg: Leg;
  tradeSequence: number;
  price: Decimal;
  quantity: Decimal;
  quoteQuantity: Decimal;
  liquidity?: 'maker' | 'taker';
  fee: Decimal;
  feeAsset: string;
  /** What the fee is worth in the quote asset; absent where nobody told the rate. */
  feeQuote?: Decimal;
  feeRate?: Decimal;
  feeRateSource?: string;
  matchedAt: Instant;
}

/** What cannot be ours as it is told, kept as it came. */
export interface QuarantinedFill {
  venue: string;
  tradeId: string;
  orderId: string;
  contentHash: string;
  reason: QuarantineReason;
  fill: ApplyFill;
  quarantinedAt: Instant;
  resolvedAt?: Instant;
  resolution?: 'applied' | 'discarded';
  note?: string;
}

/** Why a fill was not applied. */
export type QuarantineReason = 'unknown-order' | 'other-content' | 'not-of-this-order' | 'overfilled';

/** What became of a fill. A `duplicate` and a `quarantined` one changed nothing. */
export interface AppliedFill {
  outcome: 'applied' | 'duplicate' | 'quarantined';
  /** Of a quarantined one. */
  reason?: QuarantineReason;
  /** What it opened, increased, reduced or closed, as it is after all that was applied with it; of a duplicate what is open in its market. */
  positions: Position[];
}

/** Negative fees are rebates. A fee in the base asset takes from the position at the fill's price. */
export const applyFill = z
  .strictObject({
    venue: idInput,
    tradeId: idInput,
    orderId: idInput,
    /** Dense a market of the venue: the order in which fills count, however they arrive. */
    tradeSequence: z.int().positive(),
    accountId: idInput,
    symbol: symbolInput,
    side: z.enum(sides),
    price: positiveAmount,
    quantity: positiveAmount,
    liquidity: z.enum(liquidities).optional(),
    fee: anyAmount,
    feeAsset: assetInput,
    /** The price of a third asset in the quote asset, and where it is from. */
    feeRate: positiveAmount.optional(),
    feeRateSource: textInput(64).optional(),
    matchedAt: instantInput,
    /** What the venue says its order is after it; without, what the fill itself says. */
    order: z
      .strictObject({
        version: z.int().positive(),
        status: z.enum(orderStatuses),
        cumulativeQuantity: nonNegativeAmount,
        leavesQuantity: nonNegativeAmount,
      })
      .optional(),
  })
  .superRefine((fill, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const digits = decimal.scale(fill.price);
    if (digits + decimal.scale(fill.quantity) > MOST_DIGITS || !fits(fill.price, fill.quantity))
      refuse('quantity', 'times the price it has more digits than an amount');
    const inBase = fill.symbol.startsWith(`${fill.feeAsset}-`);
    if (inBase && (digits + decimal.scale(fill.fee) > MOST_DIGITS || !fits(fill.price, fill.fee)))
      refuse('fee', 'times the price it has more digits than an amount');
    if (fill.feeRate !== undefined && !fits(fill.feeRate, fill.fee)) refuse('feeRate', 'times the fee it is too large');
    if ((fill.feeRate === undefined) !== (fill.feeRateSource === undefined))
      refuse(fill.feeRate === undefined ? 'feeRate' : 'feeRateSource', 'a rate and its source come together');
  });
export type ApplyFill = z.input<typeof applyFill>;

function fits(a: Decimal, b: Decimal): boolean {
  const wholeDigits = (value: Decimal) => value.replace('-', '').split('.')[0]!.length;
  return wholeDigits(a) + wholeDigits(b) <= 19;
}

/** By when they were matched. */
export const listFills = z.strictObject({
  deploymentId: idInput,
  symbol: symbolInput.optional(),
  side: z.enum(sides).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput, idInput, idInput),
});
export type ListFills = z.input<typeof listFills>;

export const listQuarantined = z.strictObject({
  resolved: z.boolean().default(false),
  reason: z.enum(['unknown-order', 'other-content', 'not-of-this-order', 'overfilled']).optional(),
  ...pageFields(instantInput, idInput, idInput, idInput),
});
export type ListQuarantined = z.input<typeof listQuarantined>;

export const discardFill = z.strictObject({
  venue: idInput,
  tradeId: idInput,
  orderId: idInput,
  contentHash: textInput(64),
  note: textInput(200).optional(),
});
export type DiscardFill = z.input<typeof discardFill>;

export const retryQuarantined = z.strictObject({ limit: z.int().min(1).max(1000).default(100) });
export type RetryQuarantined = z.input<typeof retryQuarantined>;

export const fillTotals = z.strictObject({
  deploymentId: idInput,
  from: instantInput.optional(),
  to: instantInput.optional(),
});
export type FillTotals = z.input<typeof fillTotals>;

/** Exact sums over the fills of a deployment, a market each. */
export interface FillTotal {
  symbol: string;
  fills: number;
  quantity: Decimal;
  quoteQuantity: Decimal;
  /** Of the fees that could be converted. */
  fees: Decimal;
  unconvertedFees: number;
}

/** Codes with which fills refuse. */
export type FillRefusal = 'unknown-quarantined-fill' | 'already-resolved';

/**
 * From a fill to its order, lots and position in one round trip. Each counts once, by venue, trade and order, and by its trade sequence
 * whenever it arrives. What cannot be ours as it is told is quarantined.
 */
export interface Fills {
  /** Calls at the same time share a round trip. */
  apply(input: ApplyFill, options?: CallOptions): Promise<AppliedFill>;
  /** At most 1000, in one round trip, one outcome each. */
  applyAll(input: readonly ApplyFill[], options?: CallOptions): Promise<AppliedFill[]>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListFills, options?: CallOptions): Listing<Fill>;
  /** All of them. */
  listOfOrder(orderId: string, options?: CallOptions): Promise<Fill[]>;
  /** Quantities, amounts and fees of fills between two times, by symbol and side. */
  totals(input: FillTotals, options?: CallOptions): Promise<FillTotal[]>;
  /** A page when awaited; all of them by `for await`. */
  listQuarantined(input?: ListQuarantined, options?: CallOptions): Listing<QuarantinedFill>;
  /** Applies those whose order is there by now; answers how many were applied. */
  retryQuarantined(input?: RetryQuarantined, options?: CallOptions): Promise<number>;
  /** Takes a fill out of quarantine without applying it, with a reason. Refused with `already-resolved`. */
  discard(input: DiscardFill, options?: CallOptions): Promise<QuarantinedFill>;
}
