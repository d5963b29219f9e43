import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  bothOrNeither,
  bothOrNeitherIssue,
  idInput,
  instantInput,
  nonNegativeAmount,
  pageFields,
  positiveAmount,
  symbolInput,
  testRunFields,
  textInput,
} from '@tse/core';
import { z } from 'zod';
import { type OrderStatus, orderStatuses } from './order-states.ts';

export const sides = ['buy', 'sell'] as const;
export const orderTypes = ['limit', 'market', 'stop', 'stop-limit'] as const;
export const timesInForce = ['gtc', 'ioc', 'fok', 'gtd', 'day'] as const;
export const legs = ['net', 'long', 'short'] as const;
/** Which way it trades. */
export type Side = (typeof sides)[number];
/** How an order is priced. */
export type OrderType = (typeof orderTypes)[number];
/** How long it works, by the names of FIX 59. */
export type TimeInForce = (typeof timesInForce)[number];
/** Which of the two positions of a hedging deployment. */
export type Leg = (typeof legs)[number];

/**
 * What was asked is ours. `status`, `cumulativeQuantity` and `leavesQuantity` are the venue's, and so are quantity and price once it has
 * replaced them. `filled…` are the fills that have reached us; they may run behind what the venue says.
 */
export interface Order {
  id: string;
  deploymentId: string;
  accountId: string;
  venue: string;
  symbol: string;
  clientOrderId?: string;
  venueOrderId?: string;
  signalId?: string;
  side: Side;
  type: OrderType;
  timeInForce: TimeInForce;
  quantity: Decimal;
  price?: Decimal;
  stopPrice?: Decimal;
  quoteBudget?: Decimal;
  leg: Leg;
  /** With specific matching: the lots to close first, by the trades that opened them. */
  closeLots?: string[];
  tag?: string;
  exitReason?: string;
  riskCheckId?: string;
  validUntil?: Instant;
  expiresAt?: Instant;
  status: OrderStatus;
  cumulativeQuantity: Decimal;
  leavesQuantity: Decimal;
  /** Of the last event of the venue that counted. */
  venueVersion: number;
  reason?: string;
  filledQuantity: Decimal;
  filledQuote: Decimal;
  /** To 18 digits. */
  averageFillPrice?: Decimal;
  cancelRequestedAt?: Instant;
  version: number;
  submittedAt: Instant;
  closedAt?: Instant;
}

/** What an order was with each of its versions. */
export interface OrderEvent {
  version: number;
  type: 'submitted' | 'updated' | 'filled' | 'cancel-requested' | 'replace-requested' | 'rejected';
  status: OrderStatus;
  quantity: Decimal;
  price?: Decimal;
  cumulativeQuantity: Decimal;
  leavesQuantity: Decimal;
  filledQuantity: Decimal;
  venueVersion: number;
  tradeId?: string;
  reason?: string;
  actor?: string;
  occurredAt: Instant;
}

const version = z.int().positive();
const tag = textInput(64);

/**
 * What is about to be asked of the venue, under the epoch of who asks. The same `orderId`, or `clientOrderId` of the deployment, with the
 * same content answers the order that stands; with other content it is a conflict. With `run` and `fence` a test run has it submitted, and it
 * is refused below a fence that was seen of the run.
 */
export const submitOrder = z
  .strictObject({
    orderId: idInput.optional(),
    clientOrderId: idInput.optional(),
    deploymentId: idInput,
    epoch: z.int().nonnegative(),
    symbol: symbolInput,
    side: z.enum(sides),
    type: z.enum(orderTypes),
    timeInForce: z.enum(timesInForce).optional(),
    quantity: positiveAmount,
    price: positiveAmount.optional(),
    stopPrice: positiveAmount.optional(),
    /** Of market buys: what they may spend. */
    quoteBudget: positiveAmount.optional(),
    /** With hedging: the leg that it opens or closes. */
    leg: z.enum(['long', 'short']).optional(),
    closeLots: z.array(idInput).max(100).optional(),
    signalId: idInput.optional(),
    /** Why it was entered, for breakdowns. */
    tag: tag.optional(),
    /** Why it closes, for breakdowns. */
    exitReason: tag.optional(),
    riskCheckId: idInput.optional(),
    /** Until when the risk check allows it, by this adapter's clock. */
    validUntil: instantInput.optional(),
    expiresAt: instantInput.optional(),
    ...testRunFields,
  })
  .refine(bothOrNeither, bothOrNeitherIssue)
  .superRefine((order, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const limited = order.type === 'limit' || order.type === 'stop-limit';
    const stopped = order.type === 'stop' || order.type === 'stop-limit';
    if (order.orderId === undefined && order.clientOrderId === undefined)
      refuse('clientOrderId', 'expected, or orderId');
    if (limited !== (order.price !== undefined))
      refuse('price', limited ? `expected for a ${order.type} order` : `a ${order.type} order has none`);
    if (stopped !== (order.stopPrice !== undefined))
      refuse('stopPrice', stopped ? `expected for a ${order.type} order` : `a ${order.type} order has none`);
    if (order.quoteBudget !== undefined && !(order.type === 'market' && order.side === 'buy'))
      refuse('quoteBudget', 'only a market buy has one');
    if (order.timeInForce === 'gtd' && order.expiresAt === undefined) refuse('expiresAt', 'expected for a gtd order');
    if (order.expiresAt !== undefined && order.timeInForce !== 'gtd' && order.timeInForce !== 'day')
      refuse('expiresAt', 'only gtd and day orders have one');
  });
export type SubmitOrder = z.input<typeof submitOrder>;

/** An event of the venue. Quantity and price are given where the venue has replaced them. */
export const updateOrder = z.strictObject({
  orderId: idInput,
  venue: idInput,
  /** Of the order at the venue; one that is not higher than the last says nothing new. */
  version,
  status: z.enum(orderStatuses),
  cumulativeQuantity: nonNegativeAmount,
  quantity: positiveAmount.optional(),
  price: positiveAmount.optional(),
  venueOrderId: idInput.optional(),
  reason: textInput(200).optional(),
  at: instantInput,
});
export type UpdateOrder = z.input<typeof updateOrder>;

/** The venue refused it and so has no version of it; or it was never sent. */
export const rejectOrder = z.strictObject({ orderId: idInput, reason: textInput(200) });
export type RejectOrder = z.input<typeof rejectOrder>;

export const requestOrderChange = z.strictObject({
  orderId: idInput,
  change: z.enum(['cancel', 'replace']),
  reason: textInput(200).optional(),
});
export type RequestOrderChange = z.input<typeof requestOrderChange>;

export const findOrderOfVenue = z.strictObject({ venue: idInput, venueOrderId: idInput });
export type FindOrderOfVenue = z.input<typeof findOrderOfVenue>;
export const findClientOrder = z.strictObject({ deploymentId: idInput, clientOrderId: idInput });
export type FindClientOrder = z.input<typeof findClientOrder>;

/** By when they were submitted; of a deployment, or of all deployments of a strategy. */
export const listOrders = z
  .strictObject({
    deploymentId: idInput.optional(),
    strategyId: idInput.optional(),
    symbol: symbolInput.optional(),
    side: z.enum(sides).optional(),
    status: z.array(z.enum(orderStatuses)).min(1).optional(),
    from: instantInput.optional(),
    to: instantInput.optional(),
    sort: z.enum(['newest', 'oldest']).default('newest'),
    ...pageFields(instantInput, idInput),
  })
  .refine(({ deploymentId, strategyId }) => deploymentId !== undefined || strategyId !== undefined, {
    message: 'expected, or strategyId',
    path: ['deploymentId'],
  });
export type ListOrders = z.input<typeof listOrders>;

/** Codes with which orders refuse. */
export type OrderRefusal =
  | 'unknown-order'
  | 'unknown-deployment'
  | 'unknown-signal'
  | 'id-conflict'
  | 'stale-epoch'
  | 'stale-fence'
  | 'deployment-stopped'
  | 'check-expired'
  | 'leg-missing'
  | 'leg-in-netting'
  | 'order-closed'
  | 'wrong-venue'
  | 'venue-id-taken'
  | 'illegal-transition'
  | 'inconsistent-quantities';

/**
 * What was asked of a venue, written before it is asked, and what the venue made of it. Errors are `not-found`, `conflict` or
 * `invalid-input` with an `OrderRefusal` as code.
 */
export interface Orders {
  /** Writes an order down before the venue is asked. Refused with `stale-epoch`, `deployment-stopped`, `leg-missing`, `check-expired`. */
  submit(input: SubmitOrder, options?: CallOptions): Promise<Order>;
  /** Answers the order as it then is; an event that says nothing new changes nothing. Calls at the same time share a round trip. */
  update(input: UpdateOrder, options?: CallOptions): Promise<Order>;
  /** Ends an order that risk or the venue refused, with the reason. */
  reject(input: RejectOrder, options?: CallOptions): Promise<Order>;
  /** Notes that a cancel or replace is about to be asked for; the order's state stays until the venue answers. */
  requestChange(input: RequestOrderChange, options?: CallOptions): Promise<Order>;
  /** Nothing where there is none. */
  find(orderId: string, options?: CallOptions): Promise<Order | undefined>;
  /** Refused as `not-found` where there is none. */
  get(orderId: string, options?: CallOptions): Promise<Order>;
  /** Nothing where there is none. */
  findByClientOrderId(input: FindClientOrder, options?: CallOptions): Promise<Order | undefined>;
  /** By any id that the venue ever gave it. */
  findByVenueOrderId(input: FindOrderOfVenue, options?: CallOptions): Promise<Order | undefined>;
  /** A page when awaited; all of them by `for await`. */
  list(input: ListOrders, options?: CallOptions): Listing<Order>;
  /** Those that the venue may still fill, in the order of their ids; from Redis where it has them. */
  listWorking(deploymentId: string, options?: CallOptions): Promise<Order[]>;
  /** All of them. */
  listEvents(orderId: string, options?: CallOptions): Promise<OrderEvent[]>;
}
