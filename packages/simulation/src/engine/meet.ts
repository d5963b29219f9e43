import type { BookSide, RestingOrder } from './book-side.ts';
import type { CloseReason, OpenOrder, SelfTradePrevention, Side } from './orders.ts';

/** An order on its way into the book, in units of 10^-18; the budget in units of 10^-36. */
export interface Incoming {
  readonly accountId: string;
  readonly side: Side;
  readonly limit: bigint | undefined;
  readonly leaves: bigint;
  readonly budget: bigint | undefined;
  readonly timeInForce: OpenOrder['timeInForce'];
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
}

/** A trade of an account with itself that does not happen, and which of its two orders end for it. */
export interface Prevention {
  readonly maker: RestingOrder;
  readonly quantity: bigint;
  readonly endsMaker: boolean;
  readonly endsTaker: boolean;
}

export interface Meeting {
  readonly fills: readonly { maker: RestingOrder; quantity: bigint }[];
  readonly prevented: readonly Prevention[];
  readonly leaves: bigint;
  /** Why the rest must not enter the book; undefined where nothing is left or it rests. */
  readonly reason?: CloseReason;
}

/** Decides what an incoming order does against the other side, and changes nothing: a fill-or-kill may yet come to nothing. */
export function meet(taker: Incoming, opposite: BookSide, lot: bigint): Meeting {
  if (taker.postOnly && opposite.best && reaches(taker, opposite.best.price))
    return { fills: [], prevented: [], leaves: taker.leaves, reason: 'post-only' };
  const { fills, prevented, leaves, stopped } = walk(taker, opposite, lot);
  if (leaves === 0n) return { fills, prevented, leaves };
  if (taker.timeInForce === 'fok') return { fills: [], prevented: [], leaves: taker.leaves, reason: 'fill-or-kill' };
  const reason =
    stopped ??
    (taker.limit === undefined ? 'no-liquidity' : taker.timeInForce === 'ioc' ? 'immediate-or-cancel' : undefined);
  return reason === undefined ? { fills, prevented, leaves } : { fills, prevented, leaves, reason };
}

function walk(taker: Incoming, opposite: BookSide, lot: bigint) {
  const fills: { maker: RestingOrder; quantity: bigint }[] = [];
  const prevented: Prevention[] = [];
  const mode = taker.selfTradePrevention;
  let { leaves, budget } = taker;
  const answer = (stopped?: CloseReason) => ({ fills, prevented, leaves, stopped });

  for (const level of opposite.bestFirst()) {
    if (leaves === 0n || !reaches(taker, level.price)) break;
    for (let maker = level.first; maker && leaves > 0n; maker = maker.next) {
      const wanted = maker.leaves < leaves ? maker.leaves : leaves;
      if (mode !== 'none' && maker.accountId === taker.accountId) {
        const endsTaker = mode !== 'cancel-oldest';
        prevented.push({ maker, quantity: wanted, endsMaker: mode !== 'cancel-newest', endsTaker });
        if (endsTaker) return answer('self-trade');
        continue;
      }
      const quantity = budget === undefined ? wanted : affordable(wanted, budget, level.price, lot);
      if (quantity > 0n) fills.push({ maker, quantity });
      leaves -= quantity;
      if (budget !== undefined) budget -= quantity * level.price;
      if (quantity < wanted) return answer('budget-spent');
    }
  }
  return answer();
}

function reaches({ side, limit }: Incoming, price: bigint): boolean {
  return limit === undefined || (side === 'buy' ? price <= limit : price >= limit);
}

function affordable(wanted: bigint, budget: bigint, price: bigint, lot: bigint): bigint {
  const most = budget / price;
  return wanted <= most ? wanted : most - (most % lot);
}
