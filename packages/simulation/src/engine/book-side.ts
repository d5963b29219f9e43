/** An order in the book; the orders of one price form a list in the order they came. */
export interface RestingOrder {
  readonly id: string;
  readonly accountId: string;
  readonly level: PriceLevel;
  leaves: bigint;
  previous: RestingOrder | undefined;
  next: RestingOrder | undefined;
}

export interface PriceLevel {
  readonly price: bigint;
  quantity: bigint;
  orders: number;
  first: RestingOrder | undefined;
  last: RestingOrder | undefined;
}

/** One side of a book. Levels stand worst first, so that the best, where most happens, comes and goes at the array's end. */
export class BookSide {
  readonly #levels: PriceLevel[] = [];
  readonly #isWorse: (a: bigint, b: bigint) => boolean;

  constructor(side: 'buy' | 'sell') {
    this.#isWorse = side === 'buy' ? (a, b) => a < b : (a, b) => a > b;
  }

  get best(): PriceLevel | undefined {
    return this.#levels.at(-1);
  }

  *bestFirst(): Generator<PriceLevel> {
    for (let index = this.#levels.length - 1; index >= 0; index -= 1) yield this.#levels[index]!;
  }

  /** Puts an order behind those of its price. */
  append(id: string, accountId: string, price: bigint, leaves: bigint): RestingOrder {
    const level = this.#levelAt(price);
    const order: RestingOrder = { id, accountId, level, leaves, previous: level.last, next: undefined };
    if (level.last === undefined) level.first = order;
    else level.last.next = order;
    level.last = order;
    level.quantity += leaves;
    level.orders += 1;
    return order;
  }

  /** Takes `quantity` off an order; one with nothing left leaves the book. */
  reduce(order: RestingOrder, quantity: bigint): void {
    order.leaves -= quantity;
    order.level.quantity -= quantity;
    if (order.leaves === 0n) this.#unlink(order);
  }

  #unlink(order: RestingOrder): void {
    const { level, previous, next } = order;
    if (previous === undefined) level.first = next;
    else previous.next = next;
    if (next === undefined) level.last = previous;
    else next.previous = previous;
    level.orders -= 1;
    if (level.orders === 0) this.#levels.splice(this.#indexOf(level.price), 1);
  }

  #levelAt(price: bigint): PriceLevel {
    const index = this.#indexOf(price);
    const found = this.#levels[index];
    if (found?.price === price) return found;
    const level: PriceLevel = { price, quantity: 0n, orders: 0, first: undefined, last: undefined };
    this.#levels.splice(index, 0, level);
    return level;
  }

  /** Where `price` stands, or would. */
  #indexOf(price: bigint): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isWorse(this.#levels[middle]!.price, price)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
