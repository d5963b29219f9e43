import { decimal } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BookChange, foldBook, hashBook } from './book-fold.ts';

const changes = fc
  .array(
    fc.record({
      orderId: fc.constantFrom('a', 'b', 'c', 'd'),
      price: fc.integer({ min: 1, max: 5 }),
      quantity: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 40 },
  )
  .map((all) =>
    all.map(({ orderId, price, quantity }, i): BookChange => ({
      sequence: i + 1,
      orderId,
      side: orderId < 'c' ? 'buy' : 'sell',
      price: decimal.of(String(price)),
      quantity: decimal.of(String(quantity)),
      acceptSequence: orderId.codePointAt(0)!,
    })),
  );

test('folding in two parts is folding at once, and the book is in price-time order', () => {
  fc.assert(
    fc.property(changes, fc.nat(40), (all, at) => {
      const whole = foldBook([], all);
      const parts = foldBook(foldBook([], all.slice(0, at)), all.slice(at));
      expect(parts).toEqual(whole);
      expect(hashBook(parts)).toBe(hashBook(whole));
      const bids = whole.filter(({ side }) => side === 'buy').map(({ price }) => Number(price));
      expect(bids).toEqual(bids.toSorted((a, b) => b - a));
    }),
  );
});

test('an order is in the book as its last change left it', () => {
  fc.assert(
    fc.property(changes, (all) => {
      const last = new Map(all.map((change) => [change.orderId, change.quantity]));
      const book = new Map(foldBook([], all).map(({ orderId, quantity }) => [orderId, quantity]));
      for (const [orderId, quantity] of last) expect(book.get(orderId) ?? '0').toBe(quantity);
    }),
  );
});
