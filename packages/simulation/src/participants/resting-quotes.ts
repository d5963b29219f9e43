import type { OrderName, SimulatedOrder } from './orders.ts';

const MOST_A_SIDE = 12;

/** The orders that rest around the touch, oldest first, and which of them have to go. Few enough to be searched. */
export class RestingQuotes {
  #resting: { order: SimulatedOrder; ticks: bigint }[] = [];

  add(order: SimulatedOrder, ticks: bigint): void {
    this.#resting.push({ order, ticks });
  }

  /** A bid at or above the price would trade before its maker or with it, and so would an ask at or below. */
  takeInTheWayOf(price: bigint): OrderName[] {
    return this.#take(({ order, ticks }) => (order.side === 'buy' ? ticks >= price : ticks <= price));
  }

  /** The oldest of a side that has more than its number. */
  takeSurplus(): OrderName[] {
    const surplus = (['buy', 'sell'] as const).flatMap((side) =>
      this.#resting.filter(({ order }) => order.side === side).slice(0, -MOST_A_SIDE),
    );
    return this.#take((quote) => surplus.some((one) => one === quote));
  }

  #take(isTaken: (quote: { order: SimulatedOrder; ticks: bigint }) => boolean): OrderName[] {
    const taken = this.#resting.filter(isTaken);
    if (taken.length > 0) this.#resting = this.#resting.filter((quote) => !taken.includes(quote));
    return taken.map(({ order: { accountId, clientOrderId } }) => ({ accountId, clientOrderId }));
  }
}
