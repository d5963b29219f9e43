import type { Side } from '../engine/orders.ts';

/** What a strategy wants to trade. */
export interface Wish {
  readonly side: Side;
  readonly quantity: string;
  /** Why it enters. */
  readonly tag?: string;
  /** Why it leaves. */
  readonly exitReason?: string;
}

/** What a strategy sees when it is asked. */
export interface Situation {
  /** Signed; what it holds. */
  readonly quantity: string;
  /** Whether the venue still works on an order of it. */
  readonly isWorking: boolean;
}

export interface Strategy {
  readonly name: string;
  readonly kind: 'trend-following' | 'custom';
  readonly params: Readonly<Record<string, number | string>>;
  /** How often it is asked at a price that it sees: once where nothing is said. */
  readonly ordersAPrice?: number;
  /** Whether it may want to trade at this price: only then it is asked what. */
  sees(price: number): boolean;
  wants(situation: Situation): Wish | undefined;
}

/** Buys when the mean of the last `fast` prices rises above that of the last `slow` ones, and sells all when it falls below. */
export function crossingAverages({ fast = 5, slow = 20, quantity = '0.01' } = {}): Strategy {
  const prices: number[] = [];
  const meanOfLast = (n: number) => prices.slice(-n).reduce((sum, price) => sum + price, 0) / n;
  let isUp: boolean | undefined;
  return {
    name: 'Crossing averages',
    kind: 'trend-following',
    params: { fast, slow, quantity },
    sees(price) {
      prices.push(price);
      if (prices.length > slow) prices.shift();
      if (prices.length < slow) return false;
      const [short, long] = [meanOfLast(fast), meanOfLast(slow)];
      const before = isUp;
      if (short !== long) isUp = short > long;
      return before !== undefined && isUp !== before;
    },
    wants({ quantity: held, isWorking }) {
      if (isWorking) return undefined;
      if (isUp) return held === '0' ? { side: 'buy', quantity, tag: 'cross-up' } : undefined;
      return held === '0' ? undefined : { side: 'sell', quantity: held, exitReason: 'cross-down' };
    },
  };
}

/** A strategy that has run away: it buys more whenever it is asked, whatever the price, whatever it holds and however often it was refused. */
export interface Runaway extends Strategy {
  readonly ordersAPrice: number;
  /** Orders at each price from now on. */
  runAway(ordersAPrice: number): void;
}

export function runaway({ quantity = '0.05', ordersAPrice = 1 } = {}): Runaway {
  let orders = ordersAPrice;
  return {
    name: 'Runaway',
    kind: 'custom',
    params: { quantity },
    get ordersAPrice() {
      return orders;
    },
    runAway(more) {
      orders = more;
    },
    sees: () => orders > 0,
    wants: () => ({ side: 'buy', quantity, tag: 'runaway' }),
  };
}
