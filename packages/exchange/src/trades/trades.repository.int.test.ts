import { decimal } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Order, Trade } from '../index.ts';
import { SYMBOL, type TestExchange, testExchange } from '../test-exchange.ts';

let t: TestExchange;
const all: Trade[] = [];
let buy: Order;

/** Seven trades, a minute apart: alice buys from bob but for the third, which she sells to him, and the last in another market. */
beforeAll(async () => {
  t = await testExchange();
  await t.exchange.markets.open({ symbol: 'ETH-USD', tickSize: '0.01', lotSize: '0.001' });
  for (const accountId of ['alice', 'bob']) await t.customer(accountId, { USD: '100000', BTC: '100', ETH: '100' });
  buy = await t.place({ accountId: 'alice', side: 'buy', quantity: '5' });
  for (let i = 0; i < 7; i += 1) {
    const symbol = i === 6 ? 'ETH-USD' : SYMBOL;
    const sell = await t.place({ accountId: i === 2 ? 'alice' : 'bob', side: 'sell', symbol });
    const taker =
      i === 2
        ? await t.place({ accountId: 'bob', side: 'buy' })
        : i === 6
          ? await t.place({ accountId: 'alice', side: 'buy', symbol })
          : buy;
    const match = t.match(sell, taker, { quantity: '1' });
    const [maker, other] = i % 2 ? [match.takerOrderId, match.makerOrderId] : [match.makerOrderId, match.takerOrderId];
    const [settled] = await t.exchange.matches.settle([{ ...match, makerOrderId: maker, takerOrderId: other }]);
    if (!settled?.ok) throw new Error('not settled', { cause: settled?.error });
    all.push(settled.value);
    await t.box.clock.advance('PT1M');
  }
});
afterAll(() => t[Symbol.asyncDispose]());

const numbers = (trades: readonly Trade[]) => trades.map(({ id }) => all.findIndex((trade) => trade.id === id));

test('a trade is found as it was settled, with both sides', async () => {
  expect(await t.exchange.trades.find(all[0]!.id)).toEqual(all[0]);
  expect(all.map(({ taker }) => taker.side)).toEqual(['buy', 'sell', 'buy', 'sell', 'buy', 'sell', 'buy']);
  expect(await t.exchange.trades.find('no-such-trade')).toBeUndefined();
});

test('the trades of a market run in a dense sequence, listed from either end and for a time', async () => {
  const { trades, markets } = t.exchange;
  const list = async (filter: object) =>
    numbers(await Array.fromAsync(trades.listOfMarket({ symbol: SYMBOL, limit: 2, ...filter })));
  expect(all.slice(0, 6).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(all[6]!.sequence).toBe(1);
  expect(await list({})).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await list({ sort: 'newest' })).toEqual([5, 4, 3, 2, 1, 0]);
  expect(await list({ from: all[2]!.matchedAt, to: all[4]!.matchedAt })).toEqual([2, 3]);
  expect(await list({ symbol: 'ETH-USD' })).toEqual([6]);
  expect((await trades.listOfMarket({ symbol: 'BTC-USDT' })).items).toEqual([]);
  expect(await markets.get(SYMBOL)).toMatchObject({ lastPrice: '100', lastTradeSequence: 6 });
});

test('the trades of an account are found on either side, by market, side and time', async () => {
  const { trades } = t.exchange;
  const list = async (filter: object) =>
    numbers(await Array.fromAsync(trades.listOfAccount({ accountId: 'alice', limit: 2, ...filter })));
  expect(await list({})).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(await list({ side: 'sell' })).toEqual([2]);
  expect(await list({ side: 'buy' })).toEqual([0, 1, 3, 4, 5, 6]);
  expect(await list({ accountId: 'bob', side: 'sell' })).toEqual([0, 1, 3, 4, 5, 6]);
  expect(await list({ symbol: 'ETH-USD' })).toEqual([6]);
  expect(await list({ from: all[5]!.matchedAt })).toEqual([5, 6]);
  expect(await list({ accountId: 'nobody' })).toEqual([]);
});

test('the fills of an order are all of its trades, and add up to what it got', async () => {
  const { trades, orders } = t.exchange;
  const fills = await trades.listOfOrder(buy.id);
  expect(numbers(fills)).toEqual([0, 1, 3, 4, 5]);
  const order = await orders.get(buy.id);
  expect(decimal.sum(fills.map(({ quantity }) => quantity))).toBe(order.cumulativeQuantity);
  expect(decimal.sum(fills.map(({ quoteQuantity }) => quoteQuantity))).toBe(order.cumulativeQuote);
  expect(await trades.listOfOrder('no-such-order')).toEqual([]);
});
