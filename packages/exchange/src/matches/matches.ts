import { type CallOptions, idInput, instantInput, positiveAmount, symbolInput } from '@tse/core';
import { z } from 'zod';
import type { Outcome } from '../orders/orders.ts';
import type { Trade } from '../trades/trades.ts';

/** What an engine found: the maker rested, the price is the maker's. The id derives from the two orders, so that a repeat is the same match. */
export const match = z.strictObject({
  tradeId: idInput,
  symbol: symbolInput,
  makerOrderId: idInput,
  takerOrderId: idInput,
  price: positiveAmount,
  quantity: positiveAmount,
  /** The adapter's clock where left out. */
  matchedAt: instantInput.optional(),
});
export type Match = z.input<typeof match>;

/** What would have been a trade of an account with itself: by the taker's mode the newest, the oldest or both of the orders end instead. */
export const preventedMatch = z.strictObject({
  preventionId: idInput,
  symbol: symbolInput,
  makerOrderId: idInput,
  takerOrderId: idInput,
  price: positiveAmount,
  quantity: positiveAmount,
  at: instantInput.optional(),
});
export type PreventedMatch = z.input<typeof preventedMatch>;

/** The right of the one engine of a market: its held lease `matching/<symbol>`. */
export interface LeaseToken {
  readonly name: string;
  readonly fence: number;
}

export interface SettleOptions extends CallOptions {
  /** Required once an engine has ever held the lease of the market; an older token is refused for every match. */
  lease?: LeaseToken | undefined;
}

/** Codes with which settling refuses. */
export type MatchRefusal =
  | 'unknown-market'
  | 'unknown-order'
  | 'id-conflict'
  | 'stale-lease'
  | 'market-not-open'
  | 'wrong-market'
  | 'same-side'
  | 'self-trade'
  | 'not-a-self-trade'
  | 'post-only'
  | 'order-closed'
  | 'order-pending'
  | 'order-expired'
  | 'off-tick'
  | 'off-lot'
  | 'price-outside-limit'
  | 'quantity-exceeded'
  | 'budget-exceeded';

/** Where matches become trades. */
export interface Matches {
  /**
   * Settles matches in their order, in one round trip, with one outcome each: a fill is paid out of the hold at its price, the last
   * fill of an order gives the rest of its hold back, fees go to the market's fee account. A match that was settled before answers
   * its trade. Refusals carry a `MatchRefusal` as code and change nothing.
   */
  settle(matches: readonly Match[], options?: SettleOptions): Promise<Outcome<Trade>[]>;
  /** Records a self-trade that was prevented and ends its orders as `expired-in-match`. */
  prevent(prevented: readonly PreventedMatch[], options?: SettleOptions): Promise<Outcome<{ preventionId: string }>[]>;
}
