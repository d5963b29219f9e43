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
  textInput,
} from '@tse/core';
import { z } from 'zod';
import type { Leg } from '../orders/orders.ts';

/** The last price of a market. */
export interface Mark {
  symbol: string;
  price: Decimal;
  origin?: string;
  markedAt: Instant;
}

/** An open position at its mark. Without a price that can be used it has a reason, and no value. */
export interface Holding {
  positionId: string;
  symbol: string;
  leg: Leg;
  quantity: Decimal;
  cost: Decimal;
  price?: Decimal;
  markedAt?: Instant;
  marketValue?: Decimal;
  unrealized?: Decimal;
  reason?: PriceLack;
}

/** Why a price cannot be used. */
export type PriceLack = 'price-missing' | 'price-stale';

/** What a deployment is worth, in its currency; sums are there only where all that they need is there. */
export interface Valuation {
  deploymentId: string;
  at: Instant;
  currency: string;
  startingEquity: Decimal;
  /** Net of fees, with adjustments. */
  realized?: Decimal;
  unrealized?: Decimal;
  /** Σ |value| of the positions. */
  exposure?: Decimal;
  netExposure?: Decimal;
  equity?: Decimal;
  /** Equity without what the positions are worth. */
  cash?: Decimal;
  holdings: Holding[];
  /** Each price that is missing or too old. */
  lacking: { symbol: string; reason: PriceLack; markedAt?: Instant }[];
}

/** A point of an equity curve. */
export interface EquityPoint {
  deploymentId: string;
  at: Instant;
  equity: Decimal;
  cash: Decimal;
  exposure: Decimal;
  netExposure: Decimal;
  realized: Decimal;
  unrealized: Decimal;
  /** The highest equity so far, the starting equity included. */
  peak: Decimal;
  /** Below the peak, as a share of it. */
  drawdown: number;
}

export const recordMarks = z
  .array(
    z.strictObject({
      symbol: symbolInput,
      price: positiveAmount,
      origin: textInput(64).optional(),
      at: instantInput,
    }),
  )
  .max(1000);
export type RecordMarks = z.input<typeof recordMarks>;

/** At `at`, the clock's now by default, by marks that are not later and at most `maxAge` old. */
export const valuePortfolio = z.strictObject({
  deploymentId: idInput,
  at: instantInput.optional(),
  maxAge: durationInput.default(86_400_000),
});
export type ValuePortfolio = z.input<typeof valuePortfolio>;

export const listEquity = z.strictObject({
  deploymentId: idInput,
  from: instantInput.optional(),
  to: instantInput.optional(),
  ...pageFields(instantInput),
});
export type ListEquity = z.input<typeof listEquity>;

/** Codes with which the portfolio refuses. */
export type PortfolioRefusal = 'unknown-deployment' | 'not-valued' | 'older-than-last';

/** Positions at their marks, and the equity curve. A price that is missing or stale is named; it is never zero. */
export interface Portfolio {
  /** An older price never takes the place of a newer one; answers for each whether it is the last of its market. */
  mark(input: RecordMarks, options?: CallOptions): Promise<boolean[]>;
  /** Nothing where there is none. */
  findMark(symbol: string, options?: CallOptions): Promise<Mark | undefined>;
  /** Values a deployment at the newest marks. Refused with `not-valued` where a price is missing. */
  value(input: ValuePortfolio, options?: CallOptions): Promise<Valuation>;
  /** Values and keeps it as the next point of the equity curve, in one round trip. `not-valued` where a price is missing or stale. */
  snapshot(input: ValuePortfolio, options?: CallOptions): Promise<EquityPoint>;
  /** The last point; from Redis where it has it. */
  latest(deploymentId: string, options?: CallOptions): Promise<EquityPoint | undefined>;
  /** A page when awaited; all of them by `for await`. */
  listEquity(input: ListEquity, options?: CallOptions): Listing<EquityPoint>;
}
