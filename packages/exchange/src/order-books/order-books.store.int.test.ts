import { type Redis, type Script, keysOf } from '@tse/core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { BookDepth, Order } from '../index.ts';
import { families } from '../keys.ts';
import { type TestExchange, testExchange } from '../test-exchange.ts';
import { verifyBooks } from '../tooling/book-identity.ts';
import { BookChangeRepository } from './book-changes.repository.ts';
import { BookProjectionStore } from './book-projection.store.ts';

let t: TestExchange;
let symbol = '';
let markets = 0;
/** A market of its own for each test. */
beforeAll(async () => {
  t = await testExchange();
  await t.customer('maker', { USD: '10000000' });
});
beforeEach(async () => {
  symbol = `M${(markets += 1)}-USD`;
  await t.exchange.markets.registerAsset({ asset: `M${markets}`, scale: 8 });
  await t.exchange.markets.open({ symbol, tickSize: '0.01', lotSize: '0.00000001' });
  await t.exchange.ledger.deposit({ reference: symbol, accountId: 'maker', asset: `M${markets}`, amount: '10000' });
});
afterAll(() => t[Symbol.asyncDispose]());

const place = (side: 'buy' | 'sell', price: string, quantity = '1') =>
  t.place({ accountId: 'maker', side, price, quantity, symbol });
const cancel = ({ id }: Order) => t.exchange.orders.cancel({ accountId: 'maker', orderId: id });
const depth = (options?: { fresh: boolean }) => t.exchange.orderBooks.depth({ symbol }, options);
const level = (price: string, quantity: string, orders: number) => ({ price, quantity, orders });
const key = (part: string) => keysOf(t.exchange.identity.prefix, families).orderBook(symbol, part);
const sides = ({ bids, asks }: BookDepth) => ({ bids, asks });
const sound = { differences: 0 };

test('the book follows every change of its orders, by level', async () => {
  expect(await depth({ fresh: true })).toEqual({ symbol, sequence: 0, bids: [], asks: [] });
  const b1 = await place('buy', '10', '1.5');
  await place('buy', '9.99', '0.00000001');
  const b2 = await place('buy', '10', '2');
  const a1 = await place('sell', '10.5', '3');
  expect(await depth({ fresh: true })).toEqual({
    symbol,
    sequence: 4,
    bids: [level('10', '3.5', 2), level('9.99', '0.00000001', 1)],
    asks: [level('10.5', '3', 1)],
  });
  await t.exchange.orders.replace({ accountId: 'maker', orderId: b2.id, version: 1, price: '11' });
  await cancel(b1);
  const taker = await t.place({ accountId: 'maker', side: 'buy', symbol, price: '10.5', selfTradePrevention: 'none' });
  await t.exchange.matches.settle([t.match(a1, taker)]);
  const after = { bids: [level('11', '2', 1), level('9.99', '0.00000001', 1)], asks: [level('10.5', '2', 1)] };
  await expect.poll(async () => sides(await depth())).toEqual(after);
  expect(await t.exchange.orderBooks.depth({ symbol, levels: 1 })).toMatchObject({ bids: [after.bids[0]] });
  expect(await t.exchange.orderBooks.verify(symbol)).toMatchObject({ ...sound, compared: 3 });
});

test('pending and market orders are in no book', async () => {
  const pending = await t.place({ accountId: 'maker', side: 'buy', symbol, price: '5', pending: true });
  const market = await t.place({ accountId: 'maker', side: 'buy', symbol, type: 'market', quoteBudget: '5' });
  expect(sides(await depth({ fresh: true }))).toEqual({ bids: [], asks: [] });
  await t.exchange.orders.accept({ orderId: pending.id });
  await cancel(market);
  expect(sides(await depth({ fresh: true }))).toEqual({ bids: [level('5', '1', 1)], asks: [] });
  expect(await t.exchange.orderBooks.verify(symbol)).toMatchObject(sound);
});

test('prices and quantities beyond what a double holds stay exact', async () => {
  const quantities = ['3333.00000001', '3333.00000002', '3333.00000003'];
  for (const quantity of quantities) await place('sell', '90071.99', quantity);
  expect(sides(await depth({ fresh: true })).asks).toEqual([level('90071.99', '9999.00000006', 3)]);
});

test('a fresh depth has what its caller wrote, however many bring the book up at once', async () => {
  await Promise.all(
    Array.from({ length: 24 }, async (_, i) => {
      const price = `${i + 1}`;
      await place('buy', price);
      expect(sides(await t.exchange.orderBooks.depth({ symbol, levels: 100 }, { fresh: true })).bids).toContainEqual(
        level(price, '1', 1),
      );
    }),
  );
});

test('writes of another process are in the book soon', async () => {
  const other = t.box.open('exchange', { workers: false });
  await other.orders.place({
    accountId: 'maker',
    clientOrderId: symbol,
    symbol,
    side: 'buy',
    type: 'limit',
    price: '7',
    quantity: '1',
  });
  await expect.poll(async () => sides(await depth())).toEqual({ bids: [level('7', '1', 1)], asks: [] });
});

test('a watcher gets the depth now, after changes the latest, and ends when it is told to', async () => {
  await place('buy', '1');
  await depth({ fresh: true });
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const { sequence } of t.exchange.orderBooks.watch({ symbol }, { signal: stop.signal })) {
    seen.push(sequence);
    if (sequence === 21) stop.abort();
    else if (seen.length === 1) for (let i = 0; i < 20; i += 1) await place('buy', '2');
  }
  expect(seen[0]).toBe(1);
  expect(seen.at(-1)).toBe(21);
  expect(seen.length).toBeLessThan(21);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});

const damages: [what: string, damage: () => Promise<unknown>][] = [
  [
    'emptied',
    () =>
      t.stores.redis.write('test', (redis) =>
        redis.unlink(key('head'), key('bids'), key('asks'), key('orders'), key('levels')),
      ),
  ],
  ['without its head', () => t.stores.redis.write('test', (redis) => redis.unlink(key('head')))],
  ['of another epoch', () => t.stores.redis.write('test', (redis) => redis.hset(key('head'), 'epoch', 'restored'))],
  ['behind', () => t.stores.redis.write('test', (redis) => redis.hset(key('head'), 'seq', '1'))],
];
test.each(damages)('a book that is %s is whole again', async (_, damage) => {
  await place('buy', '10');
  await place('buy', '10', '2');
  await cancel(await place('sell', '11'));
  await place('sell', '12', '0.5');
  const whole = await depth({ fresh: true });
  await damage();
  expect(await depth({ fresh: true })).toEqual(whole);
  expect(await t.exchange.orderBooks.verify(symbol)).toMatchObject(sound);
});

test('drift is found and told, and a rebuild repairs it', async () => {
  const { orderBooks } = t.exchange;
  const kept = await place('buy', '10');
  await place('buy', '9');
  await place('sell', '12');
  const whole = await depth({ fresh: true });
  await t.stores.redis.write('test', async (redis) => {
    await redis.hset(key('orders'), kept.id, 'b 1000 200000000 0000000000000001');
    await redis.hset(key('levels'), 'a1200', '1');
  });
  // One order differs, and so do the totals of its level and of another.
  expect(await orderBooks.verify(symbol)).toMatchObject({ sequence: 3, compared: 3, differences: 3 });
  expect(await verifyBooks(t.exchange)).toMatchObject({
    name: 'book',
    ok: false,
    differences: [expect.stringContaining(symbol)],
  });
  expect(await orderBooks.rebuild(symbol)).toEqual(whole);
  expect(await orderBooks.verify(symbol)).toMatchObject(sound);
});

test('drift is found and repaired by the worker that looks for it, and health tells of it', async () => {
  const order = await place('buy', '10');
  const whole = await depth({ fresh: true });
  await t.stores.redis.write('test', (redis) => redis.hset(key('orders'), order.id, 'b 1000 1 0000000000000001'));
  expect((await t.exchange.orderBooks.verify(symbol)).differences).toBeGreaterThan(0);
  await using verifier = t.box.open('exchange', { workers: ['verify-copies'] });
  await expect.poll(() => t.exchange.orderBooks.verify(symbol)).toMatchObject(sound);
  expect(await depth()).toEqual(whole);
  const repairs = await verifier.metrics.getSingleMetricAsString('adapter_projection_repairs_total');
  expect(repairs).toMatch(/projection="order-books".* 1$/m);
  const told = { state: 'degraded', reason: expect.stringContaining(symbol) };
  await expect.poll(() => verifier.health()).toMatchObject({ checks: { 'verify-copies': told } });
});

test('a large book is rebuilt in parts, beside the live one', async () => {
  await Promise.all(
    Array.from({ length: 520 }, (_, i) =>
      place(i % 2 ? 'buy' : 'sell', i % 2 ? `${1 + (i % 50)}` : `${100 + (i % 50)}`, '0.1'),
    ),
  );
  const rebuilt = await t.exchange.orderBooks.rebuild(symbol);
  expect(rebuilt.bids).toHaveLength(20);
  expect(await t.exchange.orderBooks.verify(symbol)).toMatchObject({ ...sound, compared: 520 });
});

test('a book that Redis loses while it is built is not put in place of the live one', async () => {
  await place('buy', '10');
  await place('buy', '9');
  const live = await depth({ fresh: true });
  const { redis } = t.stores;
  const losing = {
    write: redis.write.bind(redis),
    script: async (script: Script, keys: string[], args: string[]) => {
      if (script.op.endsWith('swap')) await redis.write('test', (client) => client.unlink(...keys.slice(5)));
      return redis.script(script, keys, args);
    },
  } as unknown as Redis;
  const store = new BookProjectionStore(
    { ...t.stores, redis: losing },
    keysOf(t.exchange.identity.prefix, families).orderBook,
  );
  const book = await new BookChangeRepository(t.stores).book(symbol);
  await expect(store.replace(symbol, book, book.sequence, book.orders, true)).rejects.toMatchObject({
    kind: 'unavailable',
  });
  expect(await depth()).toEqual(live);
});

test('without Redis the depth comes from the tables, is counted, and is live again when Redis is back', async () => {
  await place('buy', '10', '1.25');
  await place('sell', '11');
  const expected = { symbol, sequence: 2, bids: [level('10', '1.25', 1)], asks: [level('11', '1', 1)] };
  const fallbacks = async () =>
    Number((await t.exchange.metrics.getSingleMetricAsString('exchange_book_fallbacks_total')).split(' ').at(-1)) || 0;
  const before = await fallbacks();
  {
    using _ = t.box.redis.down();
    expect(await depth()).toEqual(expected);
    expect(await depth({ fresh: true })).toEqual(expected);
    expect(await fallbacks()).toBe(before + 2);
    await place('buy', '9');
  }
  await t.exchange.ready();
  await expect.poll(async () => (await depth()).sequence).toBe(3);
  expect(await t.exchange.orderBooks.verify(symbol)).toMatchObject(sound);
});

test('a closed market’s book empties as its orders are canceled, though nobody brought it up meanwhile', async () => {
  await using quiet = await testExchange({ options: { workers: false } });
  const { orderBooks, orders, markets } = quiet.exchange;
  await quiet.customer('maker', { USD: '100' });
  const order = await quiet.place({ accountId: 'maker', side: 'buy', price: '10' });
  const bids = async (fresh = false) => (await orderBooks.depth({ symbol: order.symbol }, { fresh })).bids.length;
  expect(await bids(true)).toBe(1);
  await markets.change({ symbol: order.symbol, status: 'closed' });
  await orders.cancel({ accountId: 'maker', orderId: order.id, reason: 'market-closed' });
  expect(await bids()).toBe(1);
  quiet.box.open('exchange', { workers: ['project-order-books'] });
  await expect.poll(() => bids()).toBe(0);
});

test('the book of any change of the past is replayed, from snapshots or from the beginning, to the same hash', async () => {
  const { orderBooks, orders } = t.exchange;
  const hashes: string[] = [];
  const remember = async () => hashes.push((await orderBooks.snapshot(symbol)).sha256);
  const b1 = await place('buy', '10');
  await remember();
  const bare: string[] = [];
  for (let i = 0; i < 3; i += 1) await place('sell', `${11 + i}`, `0.${i + 1}`);
  await remember();
  await orders.replace({ accountId: 'maker', orderId: b1.id, version: 1, quantity: '0.5' });
  await cancel(await place('buy', '8'));
  const now = await orderBooks.snapshot(symbol);
  expect(now).toMatchObject({
    symbol,
    sequence: 7,
    orders: expect.arrayContaining([expect.objectContaining({ orderId: b1.id, quantity: '0.5' })]),
  });
  expect(await orderBooks.snapshot(symbol)).toMatchObject({ sha256: now.sha256 });
  await place('buy', '1');

  expect((await orderBooks.replay({ symbol, sequence: 1 })).sha256).toBe(hashes[0]);
  expect((await orderBooks.replay({ symbol, sequence: 4 })).sha256).toBe(hashes[1]);
  expect(await orderBooks.replay({ symbol, sequence: 7 })).toEqual({
    symbol,
    sequence: 7,
    orders: now.orders,
    sha256: now.sha256,
  });
  for (let sequence = 0; sequence <= 8; sequence += 1)
    bare.push((await orderBooks.replay({ symbol, sequence })).orders.map(({ price }) => price).join(' '));
  expect(bare).toEqual([
    '',
    '10',
    '10 11',
    '10 11 12',
    '10 11 12 13',
    '10 11 12 13',
    '10 8 11 12 13',
    '10 11 12 13',
    '10 1 11 12 13',
  ]);
  await expect(orderBooks.replay({ symbol, sequence: 9 })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'sequence-ahead',
  });
});

test('books of no market are not found', async () => {
  const { orderBooks } = t.exchange;
  const unknown = { kind: 'not-found', code: 'unknown-market' };
  await expect(orderBooks.depth({ symbol: 'NO-SUCH' })).rejects.toMatchObject(unknown);
  await expect(orderBooks.rebuild('NO-SUCH')).rejects.toMatchObject(unknown);
  await expect(orderBooks.verify('NO-SUCH')).rejects.toMatchObject(unknown);
  await expect(orderBooks.snapshot('NO-SUCH')).rejects.toMatchObject(unknown);
  await expect(orderBooks.replay({ symbol: 'NO-SUCH', sequence: 0 })).rejects.toMatchObject(unknown);
});
