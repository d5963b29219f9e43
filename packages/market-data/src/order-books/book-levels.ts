import { crc32 } from 'node:zlib';
import type { Decimal } from '@tse/core';
import { compareAmounts } from '../bulk/amount-text.ts';
import type { BookLevel } from './order-books.ts';

export interface Sides {
  bids: BookLevel[];
  asks: BookLevel[];
}

export interface Change {
  side: 'bid' | 'ask';
  price: Decimal;
  /** The new one: 0 takes the level away. */
  quantity: Decimal;
}

const TOLD = 25;

/** The best levels of both sides in turn; equal books have equal checksums, whoever computes them. */
export function checksumOf({ bids, asks }: Sides): number {
  const parts: string[] = [];
  for (let i = 0; i < TOLD; i += 1)
    for (const level of [bids[i], asks[i]]) if (level) parts.push(level.price, level.quantity);
  return crc32(parts.join(':'));
}

/** Best first. */
export const sorted = ({ bids, asks }: Sides): Sides => ({
  bids: bids.toSorted((a, b) => compareAmounts(b.price, a.price)),
  asks: asks.toSorted((a, b) => compareAmounts(a.price, b.price)),
});

/** The book after changes, in their order. */
export function applyChanges(book: Sides, changes: Iterable<Change>): Sides {
  const sides = {
    bid: new Map(book.bids.map(({ price, quantity }) => [price, quantity])),
    ask: new Map(book.asks.map(({ price, quantity }) => [price, quantity])),
  };
  for (const { side, price, quantity } of changes)
    if (quantity === '0') sides[side].delete(price);
    else sides[side].set(price, quantity);
  const levels = (side: Map<Decimal, Decimal>) => [...side].map(([price, quantity]) => ({ price, quantity }));
  return sorted({ bids: levels(sides.bid), asks: levels(sides.ask) });
}

/** A price in units of its last digit, where a double holds that exactly: the order of a Redis zset. */
export function ticksOf(price: string, scale: number): number | undefined {
  const [whole, fraction = ''] = price.split('.') as [string, string?];
  if (fraction.length > scale) return undefined;
  const ticks = Number(whole + fraction.padEnd(scale, '0'));
  return Number.isSafeInteger(ticks) ? ticks : undefined;
}
