import {
  type CallOptions,
  type Decimal,
  type Instant,
  type Listing,
  idInput,
  instantInput,
  pageFields,
  symbolInput,
} from '@tse/core';
import { z } from 'zod';
import { accountFields } from '../accounts/account-ref.ts';
import { type Side, sides } from '../orders/orders.ts';

/** One side of a trade. */
export interface TradeSide {
  orderId: string;
  accountId: string;
  side: Side;
  fee: Decimal;
}

/** A settled match. */
export interface Trade {
  id: string;
  symbol: string;
  /** Dense per market, in the order of settling. */
  sequence: number;
  price: Decimal;
  quantity: Decimal;
  /** price × quantity, exact. */
  quoteQuantity: Decimal;
  maker: TradeSide;
  taker: TradeSide;
  /** Both fees are in the quote asset. */
  feeAsset: string;
  matchedAt: Instant;
  recordedAt: Instant;
}

const window = { from: instantInput.optional(), to: instantInput.optional() };
/** Of a market in the order of its sequence. */
export const listTradesOfMarket = z.strictObject({
  symbol: symbolInput,
  ...window,
  sort: z.enum(['oldest', 'newest']).default('oldest'),
  ...pageFields(z.int()),
});
export type ListTradesOfMarket = z.input<typeof listTradesOfMarket>;
/** Of an account, on either side, oldest first. */
export const listTradesOfAccount = z.strictObject({
  ...accountFields,
  symbol: symbolInput.optional(),
  side: z.enum(sides).optional(),
  ...window,
  ...pageFields(instantInput, idInput),
});
export type ListTradesOfAccount = z.input<typeof listTradesOfAccount>;

/** The history of trades. `matches.settle` makes them; nothing changes them. */
export interface Trades {
  /** Nothing where there is none. */
  find(tradeId: string, options?: CallOptions): Promise<Trade | undefined>;
  /** A page when awaited; all of them by `for await`. */
  listOfMarket(input: ListTradesOfMarket, options?: CallOptions): Listing<Trade>;
  /** A page when awaited; all of them by `for await`. */
  listOfAccount(input: ListTradesOfAccount, options?: CallOptions): Listing<Trade>;
  /** Every fill of an order, oldest first. */
  listOfOrder(orderId: string, options?: CallOptions): Promise<Trade[]>;
}
