import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Order } from '../index.ts';
import { SYMBOL, type TestExchange, errorsOf, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
  await t.customer('list', { USD: '100000', BTC: '100' });
});
afterAll(() => t[Symbol.asyncDispose]());

test('what is open is listed by price and time, bids before asks, then what no engine has matched, page by page', async () => {
  const { orders } = t.exchange;
  const place = (side: 'buy' | 'sell', price: string) => t.place({ accountId: 'list', side, price });
  const [b1, b2, b3, a1, a2, a3] = [
    await place('buy', '9.5'),
    await place('buy', '10'),
    await place('buy', '9.5'),
    await place('sell', '100'),
    await place('sell', '20.25'),
    await place('sell', '100'),
  ];
  const market = [
    await t.place({ accountId: 'list', side: 'sell', type: 'market', quantity: '1' }),
    await t.place({ accountId: 'list', side: 'buy', type: 'market', quoteBudget: '5' }),
    await t.place({ accountId: 'list', side: 'sell', type: 'market', quantity: '2' }),
  ];
  const pending = await t.place({ accountId: 'list', side: 'buy', price: '11', pending: true });
  const asked = await t.place({ accountId: 'list', side: 'buy', price: '8' });
  await orders.requestChange({ accountId: 'list', orderId: asked.id, change: 'cancel' });
  const gone = await place('buy', '12');
  await orders.cancel({ accountId: 'list', orderId: gone.id });

  const bids = [b2, b1, b3, asked].map(({ id }) => id);
  const asks = [a2, a1, a3].map(({ id }) => id);
  const ids = async (filter: object) =>
    (await Array.fromAsync(orders.listOpen({ symbol: SYMBOL, ...filter }))).map(({ id }) => id);
  const unmatched = market.map(({ id }) => id);
  for (const limit of [1, 2, 3, 7, 8, 100]) {
    expect(await ids({ limit })).toEqual([...bids, ...asks, ...unmatched]);
    expect(await ids({ limit, side: 'sell' })).toEqual([...asks, unmatched[0], unmatched[2]]);
  }
  // Who moves to the end of its level is found there.
  await orders.replace({ accountId: 'list', orderId: b1.id, version: 1, quantity: '2' });
  expect(await ids({ limit: 1, side: 'buy' })).toEqual([b2, b3, b1, asked, market[1]!].map(({ id }) => id));
  expect((await orders.listOpen({ symbol: 'BTC-EUR' })).items).toEqual([]);
  for (const { id } of [...market, pending]) await orders.cancel({ accountId: 'list', orderId: id });
});

test('the orders of an account are listed by when they were placed, narrowed by what they are', async () => {
  const { orders } = t.exchange;
  await t.customer('hist', { USD: '100000', BTC: '100' });
  await t.exchange.markets.open({ symbol: 'ETH-USD', tickSize: '0.01', lotSize: '0.001' });
  const placed: Order[] = [];
  for (let i = 0; i < 5; i += 1) {
    placed.push(
      await t.place({ accountId: 'hist', side: i % 2 ? 'sell' : 'buy', ...(i === 4 && { symbol: 'ETH-USD' }) }),
    );
    await t.box.clock.advance('PT1M');
  }
  await orders.cancel({ accountId: 'hist', orderId: placed[0]!.id });
  const which = async (filter: object) =>
    (await Array.fromAsync(orders.list({ accountId: 'hist', limit: 2, ...filter }))).map(({ id }) =>
      placed.findIndex((order) => order.id === id),
    );
  expect(await which({})).toEqual([4, 3, 2, 1, 0]);
  expect(await which({ sort: 'oldest' })).toEqual([0, 1, 2, 3, 4]);
  expect(await which({ symbol: 'ETH-USD' })).toEqual([4]);
  expect(await which({ side: 'sell' })).toEqual([3, 1]);
  expect(await which({ status: ['canceled'] })).toEqual([0]);
  expect(await which({ status: ['new', 'canceled'], sort: 'oldest' })).toEqual([0, 1, 2, 3, 4]);
  expect(await which({ status: ['filled'] })).toEqual([]);
  expect(await which({ from: placed[1]!.placedAt, to: placed[3]!.placedAt })).toEqual([2, 1]);
});

test('orders of one moment are paged without a gap or a repeat', async () => {
  const { orders } = t.exchange;
  await t.customer('same', { USD: '100000' });
  await Promise.all(Array.from({ length: 7 }, () => t.place({ accountId: 'same', side: 'buy', quantity: '0.1' })));
  for (const sort of ['newest', 'oldest'] as const) {
    const ids = (await Array.fromAsync(orders.list({ accountId: 'same', limit: 3, sort }))).map(({ id }) => id);
    expect(new Set(ids).size).toBe(7);
    expect(ids).toEqual(sort === 'oldest' ? ids.toSorted() : ids.toSorted().toReversed());
  }
});

test('an order that is done is archived after a day: still found, listed and told of, its ids still taken', async () => {
  const { orders, matches, trades } = t.exchange;
  await t.customer('arch', { USD: '1000', BTC: '1' });
  await t.customer('archb', { BTC: '1' });
  const filled = await t.place({ accountId: 'arch', side: 'buy', clientOrderId: 'filled' });
  const sell = await t.place({ accountId: 'archb', side: 'sell' });
  await matches.settle([t.match(sell, filled)]);
  const canceled = await t.place({ accountId: 'arch', side: 'buy', clientOrderId: 'canceled', orderId: 'arch-2' });
  await orders.cancel({ accountId: 'arch', orderId: canceled.id });
  const working = await t.place({ accountId: 'arch', side: 'buy', clientOrderId: 'working' });
  const recent = await t.place({ accountId: 'arch', side: 'buy', clientOrderId: 'recent' });
  const before = await Array.fromAsync(orders.list({ accountId: 'arch' }));

  const archived = async () => {
    await using facts = await t.facts();
    return (
      await facts.query<{ id: string }>(
        "select id from facts_orders where account_id = 'arch' and archived order by id",
      )
    ).map(({ id }) => id);
  };
  await t.box.clock.advance('PT23H');
  await orders.cancel({ accountId: 'arch', orderId: recent.id });
  await t.box.clock.advance('PT2H');
  await using archiver = t.box.open('exchange', { workers: ['archive-orders'] });
  await expect.poll(archived).toEqual([filled.id, canceled.id].toSorted());
  await archiver.close();

  const listed = await Array.fromAsync(orders.list({ accountId: 'arch', limit: 1 }));
  expect(listed.filter(({ id }) => id !== recent.id)).toEqual(before.filter(({ id }) => id !== recent.id));
  expect(await orders.get(filled.id)).toMatchObject({ status: 'filled', cumulativeQuantity: '1', leavesQuantity: '0' });
  expect(await orders.findByClientOrderId('arch', 'canceled')).toMatchObject({ id: 'arch-2', status: 'canceled' });
  expect(await orders.listEvents(filled.id)).toMatchObject([{ type: 'placed' }, { type: 'filled' }]);
  expect(await trades.listOfOrder(filled.id)).toHaveLength(1);
  expect(await t.balances('arch')).toMatchObject({ USD: ['799.6', '100.2', '899.8'], BTC: ['2', '0', '2'] });

  const again = { accountId: 'arch', side: 'buy' } as const;
  expect(await t.place({ ...again, clientOrderId: 'filled' })).toMatchObject({ id: filled.id, status: 'filled' });
  expect(await t.place({ ...again, clientOrderId: 'canceled', orderId: 'arch-2' })).toMatchObject({
    status: 'canceled',
  });
  const conflict = { kind: 'conflict', code: 'id-conflict' };
  const closed = { kind: 'conflict', code: 'order-closed' };
  const calls = [
    t.place({ ...again, clientOrderId: 'filled', quantity: '2' }),
    t.place({ ...again, clientOrderId: 'other', orderId: 'arch-2' }),
    orders.cancel({ accountId: 'arch', orderId: filled.id }),
    orders.replace({ accountId: 'arch', orderId: filled.id, version: 2, price: '1' }),
    orders.requestChange({ accountId: 'arch', orderId: filled.id, change: 'cancel' }),
    orders.accept({ orderId: filled.id }),
  ];
  expect(await errorsOf(calls)).toMatchObject([conflict, conflict, closed, closed, closed, closed]);
  expect(await orders.cancel({ accountId: 'arch', orderId: canceled.id })).toMatchObject({ status: 'canceled' });
  await expect(orders.cancel({ accountId: 'list', orderId: canceled.id })).rejects.toMatchObject({ kind: 'not-found' });
  expect(await orders.get(working.id)).toMatchObject({ status: 'new' });
});

test('orders of nobody are not found, and have no history', async () => {
  const { orders } = t.exchange;
  expect(await orders.find('no-such-order')).toBeUndefined();
  await expect(orders.get('no-such-order')).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-order' });
  expect(await orders.findByClientOrderId('list', 'no-such-order')).toBeUndefined();
  expect(await orders.listEvents('no-such-order')).toEqual([]);
});
