import type { OpenOrder, SelfTradePrevention } from './orders.ts';

/** A small order in whole numbers, as the properties draw it. */
export interface SmallOrder {
  readonly id: string;
  readonly accountId: string;
  readonly side: 'buy' | 'sell';
  readonly price: number | undefined;
  readonly quantity: number;
  readonly budget: number | undefined;
  readonly timeInForce: OpenOrder['timeInForce'];
  readonly postOnly: boolean;
  readonly selfTradePrevention: SelfTradePrevention;
}

type Resting = SmallOrder & { price: number; quantity: number };

/** The rules of the book said as slowly and plainly as can be: one list, searched and sorted for every order. */
export function naiveBook() {
  let book: Resting[] = [];

  const meets = (taker: SmallOrder) =>
    book
      .filter((maker) => maker.side !== taker.side)
      .filter(
        ({ price }) =>
          taker.price === undefined || (taker.side === 'buy' ? price <= taker.price : price >= taker.price),
      )
      .toSorted((a, b) => (taker.side === 'buy' ? a.price - b.price : b.price - a.price)); // stable: time decides among equals

  function add(taker: SmallOrder) {
    if (taker.postOnly && meets(taker).length > 0) return { trades: [], prevented: [], left: taker.quantity };
    const before = structuredClone(book);
    const trades: { maker: string; price: number; quantity: number }[] = [];
    const prevented: string[] = [];
    let left = taker.quantity;
    let budget = taker.budget ?? Infinity;
    let stopped = false;
    for (const found of meets(taker)) {
      if (left === 0 || stopped) break;
      const maker = book.find(({ id }) => id === found.id)!;
      const remove = () => (book = book.filter(({ id }) => id !== maker.id));
      if (taker.selfTradePrevention !== 'none' && maker.accountId === taker.accountId) {
        prevented.push(maker.id);
        if (taker.selfTradePrevention !== 'cancel-newest') remove();
        stopped = taker.selfTradePrevention !== 'cancel-oldest';
        continue;
      }
      const wanted = Math.min(left, maker.quantity);
      const quantity = Math.min(wanted, Math.floor(budget / maker.price));
      if (quantity > 0) trades.push({ maker: maker.id, price: maker.price, quantity });
      left -= quantity;
      budget -= quantity * maker.price;
      maker.quantity -= quantity;
      if (maker.quantity === 0) remove();
      stopped = quantity < wanted;
    }
    if (left > 0 && taker.timeInForce === 'fok') {
      book = before;
      return { trades: [], prevented: [], left: taker.quantity };
    }
    if (left > 0 && !stopped && taker.price !== undefined && !['ioc', 'fok'].includes(taker.timeInForce))
      book.push({ ...taker, price: taker.price, quantity: left });
    return { trades, prevented, left };
  }

  function cancel(id: string): number | undefined {
    const found = book.find((order) => order.id === id);
    book = book.filter((order) => order !== found);
    return found?.quantity;
  }

  function depth(side: 'buy' | 'sell') {
    const orders = book.filter((order) => order.side === side);
    const prices = [...new Set(orders.map(({ price }) => price))].toSorted((a, b) => (side === 'buy' ? b - a : a - b));
    return prices.map((price) => {
      const level = orders.filter((order) => order.price === price);
      return { price, quantity: level.reduce((sum, { quantity }) => sum + quantity, 0), orders: level.length };
    });
  }

  return { add, cancel, depth, open: () => [...book] };
}
