import { defineEvents } from '@tse/core/events';
import { z } from 'zod';
import { accountKinds, accountStatuses, accountTypes, kycStatuses } from './accounts/account-states.ts';
import { identity } from './config.ts';
import { orderStatuses } from './orders/order-states.ts';

/** Amounts are canonical decimal strings. */
const amount = z.string();
const id = z.string();
const side = z.enum(['buy', 'sell']);

const account = z.object({
  accountId: id,
  parentId: id.optional(),
  ownerId: id,
  kind: z.enum(accountKinds),
  type: z.enum(accountTypes),
  status: z.enum(accountStatuses),
  kycStatus: z.enum(kycStatuses),
  checkRequired: z.boolean(),
  accountVersion: z.int(),
  reason: z.string().optional(),
});

const order = z.object({
  orderId: id,
  clientOrderId: id.optional(),
  accountId: id,
  symbol: z.string(),
  side,
  type: z.enum(['limit', 'market']),
  timeInForce: z.enum(['gtc', 'ioc', 'fok', 'gtd', 'day']),
  /** Of the whole order. */
  quantity: amount,
  price: amount.optional(),
  quoteBudget: amount.optional(),
  cum: amount,
  leaves: amount,
  status: z.enum(orderStatuses),
  reason: z.string().optional(),
  orderVersion: z.int(),
  acceptSeq: z.int().optional(),
  riskCheckId: id.optional(),
});

const trade = z.object({
  tradeId: id,
  /** The instance's name. */
  venue: z.string(),
  symbol: z.string(),
  /** Dense per market. */
  tradeSeq: z.int(),
  price: amount,
  quantity: amount,
  quoteQuantity: amount,
  takerSide: side,
  matchedAt: z.iso.datetime(),
  /** The maker's first. */
  sides: z.array(
    z.object({
      orderId: id,
      accountId: id,
      side,
      liquidity: z.enum(['maker', 'taker']),
      cum: amount,
      leaves: amount,
      status: z.enum(orderStatuses),
      orderVersion: z.int(),
      fee: amount,
      feeAsset: z.string(),
    }),
  ),
});

const funds = z.object({
  transactionId: id,
  kind: z.enum(['deposit', 'withdrawal', 'transfer', 'adjustment', 'reversal']),
  reference: id,
  accountId: id,
  asset: z.string(),
  amount,
  balanceAfter: amount,
});

/** What is owed to customers at one moment, under one root (a Merkle-sum tree). */
const snapshot = z.object({
  snapshotId: id,
  asOf: z.iso.datetime(),
  root: z.string().regex(/^[0-9a-f]{64}$/),
  /** Balances that are counted. */
  leaves: z.int(),
  /** The nodes that the root is made of, by asset: each with the sum of its leaves. */
  assets: z.record(z.string(), z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/), sum: amount })),
});

const placed = {
  orderId: '01a20cd5-24be-7781-97d8-7a7f04d532df',
  clientOrderId: 'b1',
  accountId: 'bob',
  symbol: 'BTC-USD',
  side: 'sell',
  type: 'limit',
  timeInForce: 'gtc',
  quantity: '0.1',
  price: '29900',
  cum: '0',
  leaves: '0.1',
  status: 'new',
  orderVersion: 1,
  acceptSeq: 1,
} as const;

/** What the exchange publishes. Payloads only grow within a major version. */
export const exchangeEvents = defineEvents(identity, {
  /** An account was opened or changed; it says what the account now is. */
  'account.changed': {
    payload: account,
    example: {
      accountId: 'bob',
      ownerId: 'bob',
      kind: 'customer',
      type: 'spot',
      status: 'active',
      kycStatus: 'approved',
      checkRequired: false,
      accountVersion: 2,
    },
  },
  /** An order was accepted, or is pending with its funds held. */
  'order.placed': { payload: order, example: placed },
  'order.replaced': { payload: order, example: { ...placed, price: '29800', orderVersion: 2, acceptSeq: 7 } },
  /** An order ended otherwise than by its last fill. */
  'order.closed': {
    payload: order,
    example: { ...placed, leaves: '0', status: 'canceled', reason: 'requested', orderVersion: 2 },
  },
  /** A trade, with what it made of both orders. */
  'trade.settled': {
    payload: trade,
    example: {
      tradeId: 't1',
      venue: 'exchange',
      symbol: 'BTC-USD',
      tradeSeq: 1,
      price: '29900',
      quantity: '0.1',
      quoteQuantity: '2990',
      takerSide: 'buy',
      matchedAt: '2026-11-24T09:13:44.942000Z',
      sides: [
        {
          orderId: placed.orderId,
          accountId: 'bob',
          side: 'sell',
          liquidity: 'maker',
          cum: '0.1',
          leaves: '0',
          status: 'filled',
          orderVersion: 2,
          fee: '2.99',
          feeAsset: 'USD',
        },
        {
          orderId: '01a20cd5-24d1-7176-aae4-db1eb30e3e4f',
          accountId: 'alice',
          side: 'buy',
          liquidity: 'taker',
          cum: '0.1',
          leaves: '0',
          status: 'filled',
          orderVersion: 2,
          fee: '5.98',
          feeAsset: 'USD',
        },
      ],
    },
  },
  /** A customer's balance was booked by anything but a trade. */
  'funds.moved': {
    payload: funds,
    example: {
      transactionId: 'deposit:d1',
      kind: 'deposit',
      reference: 'd1',
      accountId: 'alice',
      asset: 'USD',
      amount: '10000',
      balanceAfter: '10000',
    },
  },
  /** All that is owed to customers was counted: the same for everybody who asks, and for each account a proof that it is counted. */
  'liability-snapshot.taken': {
    payload: snapshot,
    example: {
      snapshotId: 'day-1',
      asOf: '2026-11-24T09:00:00.000000Z',
      root: '5c62e091b8c0565f1bafad0dad5934276143ae2ccef7a5381e8ada5b1a8d26d2',
      leaves: 2,
      assets: { USD: { hash: '5c62e091b8c0565f1bafad0dad5934276143ae2ccef7a5381e8ada5b1a8d26d2', sum: '12990' } },
    },
  },
});
