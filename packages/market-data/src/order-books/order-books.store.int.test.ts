import { queryBuilder } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../schema.ts';
import { SYMBOL, type TestMarketData, emptyRedis, minute, testMarketData } from '../test-market-data.ts';

let t: TestMarketData;
beforeAll(async () => {
  t = await testMarketData({ start: minute(60) });
});
afterAll(() => t[Symbol.asyncDispose]());

let symbols = 0;
async function fresh(): Promise<string> {
  const symbol = `B${(symbols += 1)}-USD`;
  await t.marketData.instruments.register({ symbol, tickSize: '0.01', stepSize: '0.001' });
  return symbol;
}
const level = (price: string, quantity: string) => ({ price, quantity });
const snapshot = (symbol: string, sequence: number) => ({
  symbol,
  sequence,
  eventAt: minute(0),
  bids: [level('9.5', '1'), level('99.50', '2')],
  asks: [level('100.5', '3'), level('1000', '4')],
});
const delta = (sequence: number, side: 'bid' | 'ask', price: string, quantity: string, over: object = {}) => ({
  sequence,
  eventAt: minute(0, sequence % 60),
  changes: [{ side, price, quantity }],
  ...over,
});

test('a snapshot and what follows it make the book, best levels first, with one checksum whoever computes it', async () => {
  const { orderBooks } = t.marketData;
  const symbol = await fresh();
  expect(await orderBooks.recordSnapshot(snapshot(symbol, 10))).toBe('applied');
  expect(await orderBooks.recordSnapshot(snapshot(symbol, 10))).toBe('stale');
  expect(
    await orderBooks.recordDeltas({
      symbol,
      deltas: [
        delta(11, 'bid', '99.5', '2.5'),
        delta(9, 'bid', '1', '1'),
        delta(15, 'ask', '100.5', '0', { follows: 11 }),
        delta(16, 'ask', '200', '7'),
      ],
    }),
  ).toEqual(['applied', 'stale', 'applied', 'applied']);
  const book = await orderBooks.depth({ symbol, levels: 2 });
  expect(book).toEqual({
    symbol,
    sequence: 16,
    eventAt: '2026-01-05T00:00:16.000000Z',
    bids: [level('99.5', '2.5'), level('9.5', '1')],
    asks: [level('200', '7'), level('1000', '4')],
    stale: false,
    checksum: expect.any(Number),
  });
  expect((await orderBooks.depth({ symbol, levels: 1 })).asks).toEqual([level('200', '7')]);
  await expect.poll(() => orderBooks.replay({ symbol, sequence: 16 }).catch(() => undefined)).toEqual(book);
  const before = await orderBooks.replay({ symbol, sequence: 11 });
  expect(before).toMatchObject({ sequence: 11, asks: [level('100.5', '3'), level('1000', '4')] });
  const again = { symbol, sequence: 20, eventAt: minute(1), bids: before.bids, asks: before.asks };
  await expect(orderBooks.recordSnapshot({ ...again, checksum: book.checksum })).rejects.toMatchObject({
    code: 'wrong-checksum',
  });
  expect(await orderBooks.recordSnapshot({ ...again, checksum: before.checksum })).toBe('applied');
});

test('a gap marks the book as stale, and it takes nothing until a snapshot comes', async () => {
  const { orderBooks } = t.marketData;
  const symbol = await fresh();
  expect(await orderBooks.recordDeltas({ symbol, deltas: [delta(1, 'bid', '1', '1')] })).toEqual(['gap']);
  await expect(orderBooks.depth({ symbol })).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-book' });
  await orderBooks.recordSnapshot(snapshot(symbol, 10));
  expect(
    await orderBooks.recordDeltas({
      symbol,
      deltas: [delta(11, 'bid', '98', '1'), delta(13, 'bid', '97', '1'), delta(14, 'bid', '96', '1')],
    }),
  ).toEqual(['applied', 'gap', 'gap']);
  expect(await orderBooks.depth({ symbol })).toMatchObject({ sequence: 11, stale: true });
  expect(await orderBooks.recordDeltas({ symbol, deltas: [delta(12, 'bid', '95', '1')] })).toEqual(['gap']);
  await orderBooks.recordSnapshot(snapshot(symbol, 14));
  expect(await orderBooks.recordDeltas({ symbol, deltas: [delta(15, 'bid', '95', '1')] })).toEqual(['applied']);
  expect(await orderBooks.depth({ symbol })).toMatchObject({ sequence: 15, stale: false });
  await expect
    .poll(() =>
      orderBooks.replay({ symbol, sequence: 15 }).then(
        ({ sequence }) => sequence,
        () => 0,
      ),
    )
    .toBe(15);
});

test('a long run of deltas is replayed from a snapshot of our own', async () => {
  const { orderBooks } = t.marketData;
  const symbol = await fresh();
  await orderBooks.recordSnapshot(snapshot(symbol, 0));
  for (let from = 1; from <= 3000; from += 500)
    await orderBooks.recordDeltas({
      symbol,
      deltas: Array.from({ length: 500 }, (_, i) => delta(from + i, 'bid', `${1 + ((from + i) % 50)}`, `${from + i}`)),
    });
  const book = await orderBooks.depth({ symbol, levels: 100 });
  await expect.poll(() => orderBooks.replay({ symbol, sequence: 3000 }).catch(() => undefined)).toEqual(book);
  const rows = await t.stores.pg.query(
    'test',
    'read',
    queryBuilder<Tables>().selectFrom('book_snapshots').select('derived').where('symbol', '=', symbol).orderBy('seq'),
  );
  expect(rows.map(({ derived }) => derived)).toContain(true);
});

test('a book that cannot be is refused by its field', async () => {
  const { orderBooks } = t.marketData;
  const symbol = await fresh();
  const put = (over: object) => orderBooks.recordSnapshot({ ...snapshot(symbol, 1), ...over });
  await expect(put({ bids: [level('101', '1')] })).rejects.toMatchObject({ code: 'crossed-book' });
  await expect(put({ bids: [level('1.001', '1')] })).rejects.toMatchObject({ code: 'too-many-digits' });
  await expect(put({ bids: [level('1', '1'), level('1.0', '2')] })).rejects.toMatchObject({
    kind: 'invalid-input',
    issues: [{ path: 'bids' }],
  });
  await expect(put({ symbol: 'NONE-USD' })).rejects.toMatchObject({ code: 'unknown-instrument' });
  await expect(
    orderBooks.recordDeltas({ symbol, deltas: [delta(5, 'bid', '1', '1', { follows: 5 })] }),
  ).rejects.toMatchObject({ kind: 'invalid-input' });
});

test('a lost Redis: the archived book answers as stale until the venue sends a snapshot', async () => {
  const { orderBooks } = t.marketData;
  const symbol = await fresh();
  await orderBooks.recordSnapshot(snapshot(symbol, 10));
  await expect
    .poll(() =>
      orderBooks.replay({ symbol, sequence: 10 }).then(
        ({ sequence }) => sequence,
        () => 0,
      ),
    )
    .toBe(10);
  await emptyRedis(t, symbol, SYMBOL);
  await expect
    .poll(() => orderBooks.recordDeltas({ symbol, deltas: [delta(11, 'bid', '1', '1')] }).catch(() => []))
    .toEqual(['gap']);
  expect(await orderBooks.depth({ symbol })).toMatchObject({ sequence: 10, stale: true });
  expect(await orderBooks.recordSnapshot(snapshot(symbol, 12))).toBe('applied');
});
