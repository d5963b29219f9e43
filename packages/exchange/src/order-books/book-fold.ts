import { hash } from 'node:crypto';
import { type Decimal, decimal } from '@tse/core';

/** A working limit order as a book knows it. */
export interface BookOrder {
  orderId: string;
  side: 'buy' | 'sell';
  price: Decimal;
  /** What is left of it. */
  quantity: Decimal;
  acceptSequence: number;
}

/** One change of a market: what an order is from then on. Without quantity it is not in the book. */
export interface BookChange extends BookOrder {
  sequence: number;
}

/** A book after further changes, given in their sequence. */
export function foldBook(orders: Iterable<BookOrder>, changes: Iterable<BookChange>): BookOrder[] {
  const book = new Map<string, BookOrder>();
  for (const order of orders) book.set(order.orderId, order);
  for (const { sequence: _, ...order } of changes) {
    if (order.quantity === '0') book.delete(order.orderId);
    else book.set(order.orderId, order);
  }
  return [...book.values()].sort(priceTime);
}

/** Bids before asks, best price first, then first accepted first. */
export function priceTime(a: BookOrder, b: BookOrder): number {
  if (a.side !== b.side) return a.side === 'buy' ? -1 : 1;
  const byPrice = decimal.compare(a.price, b.price);
  return (a.side === 'buy' ? -byPrice : byPrice) || a.acceptSequence - b.acceptSequence;
}

export const hashBook = (orders: readonly BookOrder[]): string =>
  hash(
    'sha256',
    orders
      .map(
        ({ orderId, side, price, quantity, acceptSequence }) =>
          `${orderId} ${side} ${price} ${quantity} ${acceptSequence}`,
      )
      .join('\n'),
  );

/** The levels of one side, given in price-time order. */
export function levelsOf(orders: readonly BookOrder[]): { price: Decimal; quantity: Decimal; orders: number }[] {
  return [...Map.groupBy(orders, ({ price }) => price)].map(([price, level]) => ({
    price,
    quantity: decimal.sum(level.map(({ quantity }) => quantity)),
    orders: level.length,
  }));
}

/** Orders that are in one book only, or not the same in both. */
export function countDifferences(a: readonly BookOrder[], b: readonly BookOrder[]): number {
  const line = ({ side, price, quantity, acceptSequence }: BookOrder) =>
    `${side} ${price} ${quantity} ${acceptSequence}`;
  const other = new Map(b.map((order) => [order.orderId, line(order)]));
  const same = a.filter((order) => other.get(order.orderId) === line(order)).length;
  const ids = new Set([...a, ...b].map(({ orderId }) => orderId));
  return ids.size - same;
}
