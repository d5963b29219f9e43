import { AMOUNT_SCALE, fromUnits, toUnits } from '../fixed-point.ts';
import { BookSide, type RestingOrder } from './book-side.ts';
import { toMatch, toPreventedMatch } from './matches.ts';
import { meet, type Incoming } from './meet.ts';
import type { Entry, OpenOrder } from './orders.ts';

const SMALLEST = fromUnits(1n);

export interface DepthLevel {
  readonly price: string;
  readonly quantity: string;
  readonly orders: number;
}

/** Both sides, best price first. */
export interface Depth {
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
}

/** A price-time-priority book of one symbol. It decides; the adapter's tables are the truth, and an engine can always be made anew from them. */
export interface PriceTimeEngine {
  /** What the open orders did on restoring: empty unless an earlier engine ended between placing and settling. To be settled as any other. */
  readonly restored: readonly Entry[];
  /** Matches an accepted order and rests what may rest. An order that already rests answers so and changes nothing. */
  add(order: OpenOrder): Entry;
  /** Takes an order from the book and answers the quantity it had left; undefined where none rests under that id. */
  cancel(orderId: string): string | undefined;
  depth(levels?: number): Depth;
}

/** A market buy spends its budget in whole lots. */
export interface BudgetRules {
  readonly lotSize?: string;
}

/**
 * An engine over `open` orders, given in any sequence: they enter by `acceptSequence`.
 * Throws a RangeError for an order of another symbol, or with a price or quantity that is no decimal.
 */
export function priceTimeEngine(
  open: Iterable<OpenOrder> = [],
  { lotSize = SMALLEST }: BudgetRules = {},
): PriceTimeEngine {
  const lot = toUnits(lotSize);
  const sides = { buy: new BookSide('buy'), sell: new BookSide('sell') };
  const resting = new Map<string, { order: RestingOrder; side: BookSide }>();
  let symbol: string | undefined;

  const take = (order: RestingOrder, quantity: bigint): void => {
    resting.get(order.id)!.side.reduce(order, quantity);
    if (order.leaves === 0n) resting.delete(order.id);
  };

  const add = (order: OpenOrder): Entry => {
    symbol ??= order.symbol;
    if (order.symbol !== symbol)
      throw new RangeError(`an engine of ${symbol} was given order ${order.id} of ${order.symbol}`);
    const known = resting.get(order.id);
    if (known)
      return {
        orderId: order.id,
        accountId: order.accountId,
        matches: [],
        prevented: [],
        remainder: fromUnits(known.order.leaves),
        state: 'resting',
      };

    const incoming = toIncoming(order);
    const [own, opposite] = order.side === 'buy' ? [sides.buy, sides.sell] : [sides.sell, sides.buy];
    const { fills, prevented, leaves, reason } = meet(incoming, opposite, lot);
    for (const { maker, quantity } of fills) take(maker, quantity);
    for (const { maker, endsMaker } of prevented) if (endsMaker) take(maker, maker.leaves);
    const rests = leaves > 0n && reason === undefined;
    if (rests)
      resting.set(order.id, { order: own.append(order.id, order.accountId, incoming.limit!, leaves), side: own });
    return {
      orderId: order.id,
      accountId: order.accountId,
      matches: fills.map(({ maker, quantity }) => toMatch(order, maker, quantity)),
      prevented: prevented.map((pair) => toPreventedMatch(order, pair)),
      remainder: fromUnits(leaves),
      state: leaves === 0n ? 'filled' : rests ? 'resting' : 'closed',
      ...(reason === undefined ? {} : { reason }),
    };
  };

  const restored = [...open]
    .toSorted((a, b) => (a.acceptSequence ?? 0) - (b.acceptSequence ?? 0))
    .map(add)
    .filter(({ matches, prevented, state }) => matches.length > 0 || prevented.length > 0 || state === 'closed');

  return {
    restored,
    add,
    cancel(orderId) {
      const found = resting.get(orderId);
      if (!found) return undefined;
      const { leaves } = found.order;
      take(found.order, leaves);
      return fromUnits(leaves);
    },
    depth: (levels = Infinity) => ({ bids: depthOf(sides.buy, levels), asks: depthOf(sides.sell, levels) }),
  };
}

function toIncoming(order: OpenOrder): Incoming {
  const { type, price, timeInForce } = order;
  if (type === 'limit' && price === undefined) throw new RangeError(`limit order ${order.id} has no price`);
  return {
    accountId: order.accountId,
    side: order.side,
    limit: type === 'limit' ? toUnits(price!) : undefined,
    leaves: toUnits(order.leavesQuantity),
    budget: budgetOf(order),
    timeInForce,
    postOnly: order.postOnly,
    selfTradePrevention: order.selfTradePrevention,
  };
}

/** What may still be spent. Price times quantity has both scales: the budget is held at that one, so that spending is exact. */
function budgetOf({ quoteBudget, cumulativeQuote = '0' }: OpenOrder): bigint | undefined {
  if (quoteBudget === undefined) return undefined;
  const left = toUnits(quoteBudget, 2 * AMOUNT_SCALE) - toUnits(cumulativeQuote, 2 * AMOUNT_SCALE);
  return left > 0n ? left : 0n;
}

function depthOf(side: BookSide, most: number): DepthLevel[] {
  const levels: DepthLevel[] = [];
  for (const { price, quantity, orders } of side.bestFirst()) {
    if (levels.length >= most) break;
    levels.push({ price: fromUnits(price), quantity: fromUnits(quantity), orders });
  }
  return levels;
}
