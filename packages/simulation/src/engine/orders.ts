export type Side = 'buy' | 'sell';
/** What happens when an order meets one of the same account; the mode of the incoming order rules. */
export type SelfTradePrevention = 'none' | 'cancel-newest' | 'cancel-oldest' | 'cancel-both';

/** What the engine needs of an accepted order. Money and quantities are decimal strings. */
export interface OpenOrder {
  readonly id: string;
  readonly accountId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: 'limit' | 'market';
  readonly timeInForce: 'gtc' | 'gtd' | 'day' | 'ioc' | 'fok';
  /** Ends instead of taking what rests. */
  readonly postOnly: boolean;
  /** The limit; only a market order has none. */
  readonly price?: string;
  /** What is still to be matched, in the base asset. */
  readonly leavesQuantity: string;
  /** The most a market buy may spend in the quote asset, before its fee, and what it has spent so far. */
  readonly quoteBudget?: string;
  readonly cumulativeQuote?: string;
  readonly selfTradePrevention: SelfTradePrevention;
  /** Dense in the market: time priority. */
  readonly acceptSequence?: number;
  /** Business time; a match carries that of its taker, so that matching again gives the same match. */
  readonly placedAt: string;
}

/** Two orders that trade: at the maker's price, under an id that depends on the two orders alone. */
export interface Match {
  readonly tradeId: string;
  readonly symbol: string;
  readonly makerOrderId: string;
  readonly takerOrderId: string;
  readonly price: string;
  readonly quantity: string;
  readonly matchedAt: string;
}

/** Two orders of one account that would have traded; the taker's mode says which of them end for it. */
export interface PreventedMatch {
  readonly preventionId: string;
  readonly symbol: string;
  readonly makerOrderId: string;
  readonly takerOrderId: string;
  readonly price: string;
  readonly quantity: string;
  readonly at: string;
}

/** Why what remained of an order does not rest. After `self-trade` its prevented match ends it, else it is to be cancelled. */
export type CloseReason =
  | 'immediate-or-cancel'
  | 'fill-or-kill'
  | 'post-only'
  | 'no-liquidity'
  | 'budget-spent'
  | 'self-trade';

/** What an order did when it entered the book. */
export interface Entry {
  readonly orderId: string;
  readonly accountId: string;
  readonly matches: readonly Match[];
  readonly prevented: readonly PreventedMatch[];
  /** What was not matched, in the base asset; "0" when filled. */
  readonly remainder: string;
  readonly state: 'filled' | 'resting' | 'closed';
  /** Present exactly when the state is `closed`. */
  readonly reason?: CloseReason;
}
