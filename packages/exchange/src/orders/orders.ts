import {
  type CallOptions,
  type ConflictError,
  type Decimal,
  type Instant,
  type InvalidInputError,
  type Listing,
  type NotFoundError,
  idInput,
  instantInput,
  pageFields,
  positiveAmount,
  symbolInput,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type AccountRef, accountFields } from '../accounts/account-ref.ts';
import { type OrderStatus, orderStatuses } from './order-states.ts';

export const sides = ['buy', 'sell'] as const;
export const orderTypes = ['limit', 'market'] as const;
export const timesInForce = ['gtc', 'ioc', 'fok', 'gtd', 'day'] as const;
export const selfTradePreventions = ['none', 'cancel-newest', 'cancel-oldest', 'cancel-both'] as const;
/** Which way it trades. */
export type Side = (typeof sides)[number];
/** `limit` has a price; `market` has a budget or a quantity, and never rests. */
export type OrderType = (typeof orderTypes)[number];
/** How long it works, by the names of FIX 59: day, good till cancelled, immediate or cancel, fill or kill, good till date. */
export type TimeInForce = (typeof timesInForce)[number];
/** Which order ends where two of one customer would meet. */
export type SelfTradePrevention = (typeof selfTradePreventions)[number];

/** An order, as it stands. */
export interface Order {
  id: string;
  clientOrderId?: string;
  accountId: string;
  /** Of a sub-account: its parent. */
  parentId?: string;
  symbol: string;
  side: Side;
  type: OrderType;
  timeInForce: TimeInForce;
  postOnly: boolean;
  quantity: Decimal;
  /** Of limit orders. */
  price?: Decimal;
  /** Of market buys: what they may spend, without the fee. */
  quoteBudget?: Decimal;
  cumulativeQuantity: Decimal;
  leavesQuantity: Decimal;
  cumulativeQuote: Decimal;
  status: OrderStatus;
  reason?: string;
  version: number;
  /** Dense per market in the order of acceptance: the time priority. Absent while `pending-new`. */
  acceptSequence?: number;
  selfTradePrevention: SelfTradePrevention;
  /** The rates frozen at placing, as fractions of the quote quantity. */
  fees: { version: number; maker: Decimal; taker: Decimal };
  riskCheckId?: string;
  validUntil?: Instant;
  expiresAt?: Instant;
  placedAt: Instant;
  closedAt?: Instant;
}

/** One of `orderId` and `clientOrderId` is required: with it a lost reply is repeated, and the first order answered. */
export const placeOrder = z
  .strictObject({
    orderId: idInput.optional(),
    clientOrderId: idInput.optional(),
    ...accountFields,
    symbol: symbolInput,
    side: z.enum(sides),
    type: z.enum(orderTypes),
    timeInForce: z.enum(timesInForce).optional(),
    postOnly: z.boolean().default(false),
    quantity: positiveAmount,
    price: positiveAmount.optional(),
    quoteBudget: positiveAmount.optional(),
    selfTradePrevention: z.enum(selfTradePreventions).default('cancel-newest'),
    /** Holds the funds but takes no place in the book until it is accepted. */
    pending: z.boolean().default(false),
    riskCheckId: idInput.optional(),
    /** Until when the risk check allows it, by this adapter's clock with a margin of a second. */
    validUntil: instantInput.optional(),
    /** Of `gtd` orders, and of `day` orders whose day does not end at midnight UTC. */
    expiresAt: instantInput.optional(),
  })
  .superRefine((order, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const { type, side, timeInForce } = order;
    const budgeted = type === 'market' && side === 'buy';
    if (order.orderId === undefined && order.clientOrderId === undefined)
      refuse('clientOrderId', 'expected, or orderId');
    if (type === 'limit' && order.price === undefined) refuse('price', 'expected for a limit order');
    if (type === 'market' && order.price !== undefined) refuse('price', 'a market order has none');
    if (budgeted && order.quoteBudget === undefined) refuse('quoteBudget', 'expected for a market buy');
    if (!budgeted && order.quoteBudget !== undefined) refuse('quoteBudget', 'only a market buy has one');
    if (type === 'market' && timeInForce !== undefined && timeInForce !== 'ioc' && timeInForce !== 'fok')
      refuse('timeInForce', 'a market order is ioc or fok');
    if (order.postOnly && (type === 'market' || timeInForce === 'ioc' || timeInForce === 'fok'))
      refuse('postOnly', 'only an order that may rest can be post-only');
    if (timeInForce === 'gtd' && order.expiresAt === undefined) refuse('expiresAt', 'expected for a gtd order');
    if (timeInForce !== 'gtd' && timeInForce !== 'day' && order.expiresAt !== undefined)
      refuse('expiresAt', 'only gtd and day orders have one');
  });
export type PlaceOrder = z.input<typeof placeOrder>;

const orderFields = { orderId: idInput, ...accountFields };
/** With `version` a change is refused if the order was changed since, be it by a fill. */
const version = z.int().positive();

/** Why an order was canceled. */
export const cancelReasons = ['requested', 'unfilled-remainder', 'post-only-would-match', 'market-closed'] as const;
export const cancelOrder = z.strictObject({
  ...orderFields,
  version: version.optional(),
  reason: z.enum(cancelReasons).default('requested'),
});
export type CancelOrder = z.input<typeof cancelOrder>;

/**
 * Quantity is that of the whole order, its filled part included. Time priority is kept only where the price stays and the quantity does
 * not grow; any other change needs a new risk check where the account's orders need one.
 */
export const replaceOrder = z
  .strictObject({
    ...orderFields,
    version,
    quantity: positiveAmount.optional(),
    price: positiveAmount.optional(),
    riskCheckId: idInput.optional(),
    validUntil: instantInput.optional(),
  })
  .refine(({ quantity, price }) => quantity !== undefined || price !== undefined, {
    message: 'expected, or price',
    path: ['quantity'],
  });
export type ReplaceOrder = z.input<typeof replaceOrder>;

export const acceptOrder = z.strictObject({ orderId: idInput });
export type AcceptOrder = z.input<typeof acceptOrder>;
export const rejectOrder = z.strictObject({ ...orderFields, reason: textInput(200) });
export type RejectOrder = z.input<typeof rejectOrder>;
/** Notes that a cancel or replace was asked for, for an engine that decides later: fills still come meanwhile. */
export const requestOrderChange = z.strictObject({
  ...orderFields,
  change: z.enum(['cancel', 'replace']),
  reason: textInput(200).optional(),
});
export type RequestOrderChange = z.input<typeof requestOrderChange>;
export const refuseOrderChange = z.strictObject({ ...orderFields, reason: textInput(200).optional() });
export type RefuseOrderChange = z.input<typeof refuseOrderChange>;

/** Orders of an account by when they were placed, the archived ones too. */
export const listOrders = z.strictObject({
  ...accountFields,
  symbol: symbolInput.optional(),
  side: z.enum(sides).optional(),
  status: z.array(z.enum(orderStatuses)).min(1).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
  sort: z.enum(['newest', 'oldest']).default('newest'),
  ...pageFields(instantInput, idInput),
});
export type ListOrders = z.input<typeof listOrders>;
export const listOpenOrders = z.strictObject({
  symbol: symbolInput,
  side: z.enum(sides).optional(),
  ...pageFields(z.enum(sides), z.union([positiveAmount, z.literal('market')]), z.int()),
});
export type ListOpenOrders = z.input<typeof listOpenOrders>;

/** What an order became with each of its versions. */
export interface OrderEvent {
  version: number;
  type: string;
  status: OrderStatus;
  cumulativeQuantity: Decimal;
  leavesQuantity: Decimal;
  tradeId?: string;
  reason?: string;
  occurredAt: Instant;
}

/** Of one member of a batch: its value, or the error it would have thrown alone. */
export type Outcome<T> =
  | { ok: true; value: T }
  | { ok: false; error: ConflictError | NotFoundError | InvalidInputError };

/** Codes with which orders refuse. */
export type OrderRefusal =
  | 'unknown-account'
  | 'unknown-market'
  | 'unknown-order'
  | 'id-conflict'
  | 'not-a-customer'
  | 'account-suspended'
  | 'account-closed'
  | 'kyc-rejected'
  | 'market-not-open'
  | 'check-missing'
  | 'check-expired'
  | 'already-expired'
  | 'off-lot'
  | 'off-tick'
  | 'quantity-too-large'
  | 'price-too-high'
  | 'below-min-notional'
  | 'too-many-digits'
  | 'no-fee-schedule'
  | 'insufficient-funds'
  | 'stale-version'
  | 'illegal-transition'
  | 'order-closed'
  | 'order-pending'
  | 'not-pending'
  | 'not-a-limit-order'
  | 'quantity-below-filled';

/**
 * The life of orders. Calls at the same time share a round trip, each with an outcome of its own. Errors are `not-found`, `conflict`
 * or `invalid-input` with an `OrderRefusal` as code.
 */
export interface Orders {
  /** Accepts an order and holds what it may cost at worst, its taker fee included. */
  place(input: PlaceOrder, options?: CallOptions): Promise<Order>;
  /** Gives back what its hold still holds. A canceled order is answered again. */
  cancel(input: CancelOrder, options?: CallOptions): Promise<Order>;
  /** Brings the hold to what the rest now needs. */
  replace(input: ReplaceOrder, options?: CallOptions): Promise<Order>;
  /** Gives a pending order its place in the book. */
  accept(input: AcceptOrder, options?: CallOptions): Promise<Order>;
  /** Refuses a pending order and gives its funds back. Refused with `not-pending`. */
  reject(input: RejectOrder, options?: CallOptions): Promise<Order>;
  /** Marks an order as to be cancelled or replaced, until the engine says so. Refused with `order-closed`. */
  requestChange(input: RequestOrderChange, options?: CallOptions): Promise<Order>;
  /** Puts an order whose change is pending back to what it is without it. */
  refuseChange(input: RefuseOrderChange, options?: CallOptions): Promise<Order>;
  /** Archived ones too. */
  find(orderId: string, options?: CallOptions): Promise<Order | undefined>;
  /** Refused as `not-found` where there is none. */
  get(orderId: string, options?: CallOptions): Promise<Order>;
  /** The order that an account placed under its own id; nothing where there is none. */
  findByClientOrderId(account: AccountRef, clientOrderId: string, options?: CallOptions): Promise<Order | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListOrders, options?: CallOptions): Listing<Order>;
  /**
   * What an engine starts from: what rests in a market, in price-time order, bids before asks; then, oldest first, the market orders
   * that were accepted and that an engine which ended has neither matched nor closed.
   */
  listOpen(input: ListOpenOrders, options?: CallOptions): Listing<Order>;
  /** Oldest first. */
  listEvents(orderId: string, options?: CallOptions): Promise<OrderEvent[]>;
}
