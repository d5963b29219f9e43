import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  durationInput,
  idInput,
  instantInput,
  nonNegativeAmount,
  pageFields,
  positiveAmount,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';
import { type Side, sides } from '../positions/positions.ts';
import type { LimitMetric } from '../limits/limit-metrics.ts';
import type { ReservationState } from './reservation-states.ts';

/**
 * Why an order was allowed or not. `reduce-only`: its scope only lets positions become smaller. Where a price or valuation that a limit
 * needs is missing or old, that is the reason, and nothing counts as zero.
 */
export type DecisionCode =
  | 'allowed'
  | 'trading-halted'
  | 'reduce-only'
  | 'locked'
  | 'rate-exceeded'
  | `${Exclude<LimitMetric, 'order-rate'>}-exceeded`
  | 'price-missing'
  | 'price-stale'
  | 'valuation-missing'
  | 'valuation-stale'
  | 'no-equity';

/** What one limit said. */
export interface CheckResult {
  limitId: string;
  limitVersion: number;
  observed?: Decimal;
  limit: Decimal;
  /** `within`, `warn`, `soft`, `exceeded`, `reduces` (passed because the order makes a position smaller), or why it could not be told. */
  outcome: 'within' | 'warn' | 'soft' | 'exceeded' | 'reduces' | DecisionCode;
}

/** What was said of an order before it was placed. */
export interface Decision {
  checkId: string;
  orderId: string;
  attempt: number;
  account: string;
  strategy?: string;
  venue: string;
  symbol: string;
  side: Side;
  quantity: Decimal;
  price?: Decimal;
  decision: 'allow' | 'deny';
  code: DecisionCode;
  /** The version of the limit that refused it, or of the one used most; what it measured, and its threshold. */
  limitId?: string;
  limitVersion?: number;
  observed?: Decimal;
  limit?: Decimal;
  /** By symbol: the price, which kind of price, of when and how old. */
  marks: Record<string, { price?: Decimal; kind?: string; at?: Instant; ageMs?: number }>;
  /** Until when the order must be with its venue; absent where it was refused. */
  validUntil?: Instant;
  decidedAt: Instant;
  results: CheckResult[];
}

/** What is set aside for an order. */
export interface Reservation {
  orderId: string;
  checkId: string;
  attempt: number;
  account: string;
  strategy?: string;
  venue: string;
  symbol: string;
  side: Side;
  quantity: Decimal;
  /** What is not filled yet. */
  leaves: Decimal;
  price?: Decimal;
  state: ReservationState;
  validUntil: Instant;
  reservedAt: Instant;
  endedHow?: 'filled' | 'closed' | 'refused' | 'expired';
  endedAt?: Instant;
}

/**
 * An order before it is placed. The same (orderId, attempt) with the same content answers the first decision. To change an order that works,
 * check it again under the next attempt with what shall be open of it: it goes on from what is reserved. Without `price` it is a market
 * order. `validFor` says how long an allowance waits for the order to reach its venue: half a minute.
 */
export const checkOrder = z.strictObject({
  checkId: idInput.optional(),
  orderId: idInput,
  attempt: z
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .default(1),
  account: idInput,
  strategy: idInput.optional(),
  venue: idInput.default('exchange'),
  symbol: symbolInput,
  side: z.enum(sides),
  quantity: positiveAmount,
  price: positiveAmount.optional(),
  validFor: durationInput
    .refine((ms) => ms > 0 && ms <= 86_400_000, 'expected up to a day, above zero')
    .default(30_000),
});
export type CheckOrder = z.input<typeof checkOrder>;

/** Newest first. */
export const listChecks = z.strictObject({
  account: idInput.optional(),
  decision: z.enum(['allow', 'deny']).optional(),
  from: instantInput.optional(),
  until: instantInput.optional(),
  ...pageFields(instantInput, idInput),
});
export type ListChecks = z.input<typeof listChecks>;

/** In the order of their orders' ids. */
export const listReservations = z.strictObject({
  account: idInput,
  state: z.enum(['open', 'ended']).default('open'),
  ...pageFields(idInput),
});
export type ListReservations = z.input<typeof listReservations>;

/**
 * What a venue said of an order: it was `placed` and works; it was `changed` to other leaves and price; it was `closed` otherwise than by its
 * last fill, or `refused`.
 */
export const hearOrder = z
  .strictObject({
    orderId: idInput,
    what: z.enum(['placed', 'changed', 'closed', 'refused']),
    leaves: nonNegativeAmount.optional(),
    price: positiveAmount.optional(),
    at: instantInput.optional(),
  })
  .refine(({ what, leaves }) => (what === 'changed') === (leaves !== undefined && leaves !== '0'), {
    message: 'expected what is open of a changed order, and of no other',
    path: ['leaves'],
  });
export type HearOrder = z.input<typeof hearOrder>;

/** All events of the venue up to this business time have been handled. */
export const hearVenue = z.strictObject({ venue: idInput, until: instantInput });
export type HearVenue = z.input<typeof hearVenue>;

/** Codes with which checks refuse to decide. A decision to deny is an answer, not an error. */
export type CheckRefusal = 'id-conflict' | 'too-many-digits' | 'unknown-check';

/** Pre-trade checks with what they reserve, and how reservations end. Errors are `not-found`, `conflict` or `invalid-input` with a `CheckRefusal` as code. */
export interface Checks {
  /** Decides and, where it allows, reserves: in one step, so that two orders never share the last of a limit. */
  check(input: CheckOrder, options?: CallOptions): Promise<Decision>;
  /** Nothing where there is none. */
  find(checkId: string, options?: CallOptions): Promise<Decision | undefined>;
  /** Refused as `not-found` where there is none. */
  get(checkId: string, options?: CallOptions): Promise<Decision>;
  /** A page when awaited; all of them by `for await`. */
  list(input?: ListChecks, options?: CallOptions): Listing<Decision>;
  /** Nothing where there is none. */
  findReservation(orderId: string, options?: CallOptions): Promise<Reservation | undefined>;
  /** A page when awaited; all of them by `for await`. */
  listReservations(input: ListReservations, options?: CallOptions): Listing<Reservation>;
  /** Answers the reservation as it is then; nothing where none was made. */
  hearOrder(input: HearOrder, options?: CallOptions): Promise<Reservation | undefined>;
  /** Only silence of a venue that was heard until beyond an allowance frees what it has reserved. Answers until when the venue was heard. */
  hearVenue(input: HearVenue, options?: CallOptions): Promise<Instant>;
}
