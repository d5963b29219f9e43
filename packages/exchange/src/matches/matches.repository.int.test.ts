import { decimal, withContext } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exchangeEvents } from '../events.ts';
import type { Match } from '../index.ts';
import { verifyLedger } from '../tooling/ledger-identity.ts';
import { SYMBOL, type TestExchange, testExchange } from '../test-exchange.ts';

let t: TestExchange;
let named = 0;
/** A fresh buyer and seller. */
const pair = async (usd = '100000', btc = '100') => {
  named += 1;
  const [buyer, seller] = [`buyer-${named}`, `seller-${named}`];
  await t.customer(buyer, { USD: usd });
  await t.customer(seller, { BTC: btc });
  return { buyer, seller };
};
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

test('a match is a trade at the maker’s price, paid out of the holds, with the improvement and its fee given back', async () => {
  const { matches, orders, ledger, trades } = t.exchange;
  const { buyer, seller } = await pair('10000', '1');
  const sell = await t.place({ accountId: seller, side: 'sell', price: '29900', quantity: '0.1' });
  const buy = await t.place({ accountId: buyer, side: 'buy', price: '30000', quantity: '0.1' });
  expect((await t.balances(buyer))['USD']).toEqual(['6994', '3006', '10000']);
  const match = t.match(sell, buy);
  const [outcome] = await matches.settle([match]);
  expect(outcome).toEqual({
    ok: true,
    value: {
      id: match.tradeId,
      symbol: SYMBOL,
      sequence: 1,
      price: '29900',
      quantity: '0.1',
      quoteQuantity: '2990',
      maker: { orderId: sell.id, accountId: seller, side: 'sell', fee: '2.99' },
      taker: { orderId: buy.id, accountId: buyer, side: 'buy', fee: '5.98' },
      feeAsset: 'USD',
      matchedAt: '2026-01-01T00:00:00.000000Z',
      recordedAt: expect.any(String),
    },
  });
  expect(await trades.find(match.tradeId)).toEqual(outcome!.ok && outcome!.value);
  expect(await t.balances(buyer)).toEqual({ BTC: ['0.1', '0', '0.1'], USD: ['7004.02', '0', '7004.02'] });
  expect(await t.balances(seller)).toEqual({ BTC: ['0.9', '0', '0.9'], USD: ['2987.01', '0', '2987.01'] });
  expect(await t.balances('fees')).toEqual({ USD: ['8.97', '0', '8.97'] });
  expect(await orders.get(buy.id)).toMatchObject({ status: 'filled', cumulativeQuote: '2990', leavesQuantity: '0' });
  const { entries } = await ledger.get(`trade:${match.tradeId}`);
  for (const asset of ['BTC', 'USD'])
    expect(decimal.sum(entries.filter((entry) => entry.asset === asset).map(({ amount }) => amount))).toBe('0');
  expect(entries).toHaveLength(5);
});

test('the event of a trade tells both sides what became of them, in the flow that settled it', async () => {
  const { matches } = t.exchange;
  const { buyer, seller } = await pair();
  const sell = await t.place({ accountId: seller, side: 'sell', quantity: '2' });
  const buy = await t.place({ accountId: buyer, side: 'buy' });
  const match = t.match(sell, buy);
  await withContext({ correlationId: 'flow-9', causationId: 'cause-9' }, () =>
    matches.settle([{ ...match, matchedAt: '2019-10-11T12:00:00.123456Z' }]),
  );
  const told = async () =>
    (await t.box.events.all('trade.settled')).find(({ payload }) => payload['tradeId'] === match.tradeId);
  await expect.poll(told).toMatchObject({
    occurredAt: '2019-10-11T12:00:00.123456Z',
    correlationId: 'flow-9',
    causationId: 'cause-9',
    payload: {
      venue: t.exchange.identity.label,
      symbol: SYMBOL,
      price: '100',
      quantity: '1',
      quoteQuantity: '100',
      takerSide: 'buy',
      matchedAt: '2019-10-11T12:00:00.123456Z',
      sides: [
        {
          orderId: sell.id,
          accountId: seller,
          side: 'sell',
          liquidity: 'maker',
          cum: '1',
          leaves: '1',
          status: 'partially-filled',
          orderVersion: 2,
          fee: '0.1',
          feeAsset: 'USD',
        },
        {
          orderId: buy.id,
          accountId: buyer,
          side: 'buy',
          liquidity: 'taker',
          cum: '1',
          leaves: '0',
          status: 'filled',
          orderVersion: 2,
          fee: '0.2',
          feeAsset: 'USD',
        },
      ],
    },
  });
  expect(exchangeEvents.types['trade.settled'].payload.parse((await told())!.payload)).toBeDefined();
});

test('fees are those that were frozen on each order, rounded down, and no fill leaves a residue', async () => {
  const { matches, markets, orders } = t.exchange;
  const { buyer, seller } = await pair('1000', '10');
  const price = '33.37';
  const buy = await t.place({ accountId: buyer, side: 'buy', price, quantity: '7.00000003' });
  await markets.defineFees({ version: 3, tiers: [{ tier: 'standard', maker: '0.0033333333', taker: '0.0077777777' }] });
  await markets.change({ symbol: SYMBOL, feeVersion: 3 });
  const quantities = ['1.00000001', '2.33333333', '3.66666669'];
  let paid = '0';
  for (const quantity of quantities) {
    const sell = await t.place({ accountId: seller, side: 'sell', price: '33.31', quantity });
    const [settled] = await matches.settle([t.match(buy, sell, { quantity })]);
    if (!settled?.ok) throw new Error('not settled', { cause: settled?.error });
    const { quoteQuantity, maker, taker } = settled.value;
    expect(quoteQuantity).toBe(decimal.times(price, quantity));
    expect(maker.fee).toBe(decimal.round(decimal.times(quoteQuantity, '0.001'), 10, 'down'));
    expect(taker.fee).toBe(truncated(quoteQuantity, '0.0077777777', 10));
    paid = decimal.sum([paid, quoteQuantity, maker.fee]);
  }
  await markets.change({ symbol: SYMBOL, feeVersion: 2 });
  expect(await orders.get(buy.id)).toMatchObject({ status: 'filled', fees: { version: 2 } });
  const left = decimal.minus('1000', paid);
  expect((await t.balances(buyer))['USD']).toEqual([left, '0', left]);
});

/** A product cut to a scale, in integers. */
function truncated(a: string, b: string, scale: number): string {
  const units = (text: string) => BigInt(text.replace('.', ''));
  const digits = decimal.scale(decimal.of(a)) + decimal.scale(decimal.of(b));
  const cut = (units(a) * units(b)) / 10n ** BigInt(digits - scale);
  const text = cut.toString().padStart(scale + 1, '0');
  return decimal.of(`${text.slice(0, -scale)}.${text.slice(-scale)}`);
}

test('trades of 0.3 and 0.7 fill an order of one exactly', async () => {
  const { matches, orders, trades } = t.exchange;
  const { buyer, seller } = await pair();
  const buy = await t.place({ accountId: buyer, side: 'buy' });
  for (const quantity of ['0.3', '0.7'])
    await matches.settle([t.match(await t.place({ accountId: seller, side: 'sell', quantity }), buy, { quantity })]);
  const filled = await trades.listOfOrder(buy.id);
  expect(filled.map(({ quantity }) => quantity)).toEqual(['0.3', '0.7']);
  expect(decimal.sum(filled.map(({ quantity }) => quantity))).toBe('1');
  expect(await orders.get(buy.id)).toMatchObject({ status: 'filled', cumulativeQuantity: '1' });
});

test('a batch is settled in its order: each match sees what those before it left, and answers for itself', async () => {
  const { matches } = t.exchange;
  const { buyer, seller } = await pair();
  const buy = await t.place({ accountId: buyer, side: 'buy', quantity: '2' });
  const [s1, s2, s3] = [
    await t.place({ accountId: seller, side: 'sell' }),
    await t.place({ accountId: seller, side: 'sell' }),
    await t.place({ accountId: seller, side: 'sell' }),
  ];
  const found = [s1, s2, s3].map((sell, i) => t.match(sell, buy, { tradeId: `batch-${named}-${i}`, quantity: '1' }));
  const strange = { ...found[0]!, tradeId: 'strange', makerOrderId: 'no-such-order' };
  const settled = await matches.settle([found[0]!, strange, found[1]!, found[2]!, found[0]!]);
  expect(settled).toMatchObject([
    { ok: true, value: { id: found[0]!.tradeId } },
    { ok: false, error: { kind: 'not-found', code: 'unknown-order' } },
    { ok: true, value: { id: found[1]!.tradeId } },
    { ok: false, error: { kind: 'conflict', code: 'order-closed' } },
    { ok: true, value: { id: found[0]!.tradeId } },
  ]);
  const sequences = settled.flatMap((outcome) => (outcome.ok ? [outcome.value.sequence] : []));
  expect(sequences).toEqual([sequences[0], sequences[0]! + 1, sequences[0]]);
  expect((await t.balances(buyer))['BTC']).toEqual(['2', '0', '2']);
  expect(await matches.settle([])).toEqual([]);
});

test('a match settled before answers its trade and moves nothing, another under its id is a conflict', async () => {
  const { matches } = t.exchange;
  const { buyer, seller } = await pair();
  const [sell, buy] = [
    await t.place({ accountId: seller, side: 'sell', quantity: '2' }),
    await t.place({ accountId: buyer, side: 'buy', quantity: '2' }),
  ];
  const match = t.match(sell, buy, { quantity: '1' });
  const first = await Promise.all(Array.from({ length: 8 }, () => matches.settle([match])));
  for (const outcome of first) expect(outcome).toEqual(first[0]);
  const before = await t.everything();
  expect(await matches.settle([{ ...match, matchedAt: '2027-01-01T00:00:00Z' }])).toEqual(first[0]);
  for (const over of [{ quantity: '0.5' }, { price: '99' }, { makerOrderId: 'x' }, { symbol: 'ETH-USD' }])
    expect(await matches.settle([{ ...match, ...over }])).toMatchObject([
      { ok: false, error: { kind: 'conflict', code: 'id-conflict' } },
    ]);
  expect(await t.everything()).toBe(before);
});

test('what is no match is refused for its reason, alone or among others, and changes nothing', async () => {
  const { matches, markets, orders } = t.exchange;
  const { buyer, seller } = await pair();
  await markets.open({ symbol: 'ETH-USD', tickSize: '0.01', lotSize: '0.001' });
  await markets.open({ symbol: 'BTC-USDT', tickSize: '0.01', lotSize: '0.00000001', status: 'pre-open' });
  const sell = await t.place({ accountId: seller, side: 'sell' });
  const buy = await t.place({ accountId: buyer, side: 'buy' });
  const second = await t.place({ accountId: buyer, side: 'buy' });
  const postOnly = await t.place({ accountId: buyer, side: 'buy', postOnly: true });
  const pending = await t.place({ accountId: buyer, side: 'buy', pending: true });
  const short = await t.place({ accountId: buyer, side: 'buy', timeInForce: 'gtd', expiresAt: '2026-01-01T01:00:00Z' });
  const canceled = await t.place({ accountId: buyer, side: 'buy' });
  await orders.cancel({ accountId: buyer, orderId: canceled.id });
  const early = await t.place({ accountId: seller, side: 'sell', symbol: 'BTC-USDT' });
  const budget = await t.place({ accountId: buyer, side: 'buy', type: 'market', quoteBudget: '50', quantity: '2' });
  const own = await t.place({ accountId: buyer, side: 'buy' });
  await t.customer(`both-${named}`, { USD: '1000', BTC: '1' });
  const [mine, mineToo] = [
    await t.place({ accountId: `both-${named}`, side: 'sell' }),
    await t.place({ accountId: `both-${named}`, side: 'buy' }),
  ];
  const before = await t.everything();
  const conflict = (code: string) => ({ kind: 'conflict', code });
  const match = t.match(sell, buy);
  const cases: [match: Match, error: object][] = [
    [
      { ...match, symbol: 'BTC-DOGE' },
      { kind: 'not-found', code: 'unknown-market' },
    ],
    [
      { ...match, takerOrderId: 'nobody' },
      { kind: 'not-found', code: 'unknown-order' },
    ],
    [{ ...match, symbol: 'ETH-USD' }, conflict('wrong-market')],
    [{ ...match, symbol: 'BTC-USDT', makerOrderId: early.id }, conflict('market-not-open')],
    [{ ...match, makerOrderId: second.id }, conflict('same-side')],
    [{ ...match, takerOrderId: postOnly.id }, conflict('post-only')],
    [{ ...match, takerOrderId: pending.id }, conflict('order-pending')],
    [{ ...match, takerOrderId: canceled.id }, conflict('order-closed')],
    [{ ...match, takerOrderId: short.id, matchedAt: '2026-01-01T01:00:00Z' }, conflict('order-expired')],
    [
      { ...match, price: '100.001' },
      { kind: 'invalid-input', code: 'off-tick', issues: [{ path: 'price' }] },
    ],
    [
      { ...match, quantity: '0.000000001' },
      { kind: 'invalid-input', code: 'off-lot', issues: [{ path: 'quantity' }] },
    ],
    [{ ...match, price: '100.01' }, conflict('price-outside-limit')],
    [{ ...match, price: '99.99' }, conflict('price-outside-limit')],
    [{ ...match, quantity: '1.1' }, conflict('quantity-exceeded')],
    [{ ...match, takerOrderId: budget.id, quantity: '0.51' }, conflict('budget-exceeded')],
    [t.match(mine, mineToo), conflict('self-trade')],
  ];
  for (const [each, error] of cases)
    expect(await matches.settle([each]), JSON.stringify(error)).toMatchObject([{ ok: false, error }]);
  expect(await matches.settle(cases.map(([each], i) => ({ ...each, tradeId: `refused-${i}` })))).toMatchObject(
    cases.map(([, error]) => ({ ok: false, error })),
  );
  expect(await t.everything()).toBe(before);
  expect(await matches.settle([{ ...match, takerOrderId: own.id }])).toMatchObject([{ ok: true }]);
});

test('a market buy spends its budget and no more, and its remainder is canceled', async () => {
  const { matches, orders } = t.exchange;
  const { buyer, seller } = await pair('1000', '10');
  const [cheap, dear] = [
    await t.place({ accountId: seller, side: 'sell', price: '100' }),
    await t.place({ accountId: seller, side: 'sell', price: '200', quantity: '5' }),
  ];
  const buy = await t.place({ accountId: buyer, side: 'buy', type: 'market', quoteBudget: '400', quantity: '5' });
  expect(buy).toMatchObject({ timeInForce: 'ioc', quoteBudget: '400' });
  expect((await t.balances(buyer))['USD']).toEqual(['599.2', '400.8', '1000']);
  const settled = await matches.settle([
    t.match(cheap, buy, { quantity: '1' }),
    t.match(dear, buy, { tradeId: `m-${named}`, quantity: '1.50000001' }),
    t.match(dear, buy, { quantity: '1.5' }),
  ]);
  expect(settled).toMatchObject([{ ok: true }, { ok: false, error: { code: 'budget-exceeded' } }, { ok: true }]);
  const rest = await orders.cancel({ accountId: buyer, orderId: buy.id, reason: 'unfilled-remainder' });
  expect(rest).toMatchObject({
    status: 'canceled',
    reason: 'unfilled-remainder',
    cumulativeQuantity: '2.5',
    cumulativeQuote: '400',
    leavesQuantity: '0',
  });
  expect(await t.balances(buyer)).toEqual({ BTC: ['2.5', '0', '2.5'], USD: ['599.2', '0', '599.2'] });
});

test('a fill-or-kill that finds too little is canceled whole, an immediate-or-cancel keeps what it got', async () => {
  const { matches, orders } = t.exchange;
  const { buyer, seller } = await pair();
  const sell = await t.place({ accountId: seller, side: 'sell', quantity: '0.4' });
  const fok = await t.place({ accountId: buyer, side: 'buy', timeInForce: 'fok' });
  expect(await orders.cancel({ accountId: buyer, orderId: fok.id, reason: 'unfilled-remainder' })).toMatchObject({
    status: 'canceled',
    cumulativeQuantity: '0',
  });
  const ioc = await t.place({ accountId: buyer, side: 'buy', timeInForce: 'ioc' });
  await matches.settle([t.match(sell, ioc)]);
  expect(await orders.cancel({ accountId: buyer, orderId: ioc.id, reason: 'unfilled-remainder' })).toMatchObject({
    status: 'canceled',
    cumulativeQuantity: '0.4',
  });
  const late = await matches.settle([
    t.match(await t.place({ accountId: seller, side: 'sell' }), ioc, { tradeId: `late-${named}`, quantity: '0.1' }),
  ]);
  expect(late).toMatchObject([{ ok: false, error: { code: 'order-closed' } }]);
  expect((await t.balances(buyer))['USD']![1]).toBe('0');
});

test('two whole processes settle at once, and what was agreed on is all that happened', async () => {
  const { buyer, seller } = await pair();
  const other = t.box.open('exchange', { workers: false });
  const buy = await t.place({ accountId: buyer, side: 'buy', quantity: '10' });
  const sells = await Promise.all(Array.from({ length: 20 }, () => t.place({ accountId: seller, side: 'sell' })));
  const settled = await Promise.all(
    sells.map((sell, i) => (i % 2 ? other : t.exchange).matches.settle([t.match(sell, buy, { quantity: '1' })])),
  );
  expect(settled.flat().filter(({ ok }) => ok)).toHaveLength(10);
  const sequences = settled.flat().flatMap((outcome) => (outcome.ok ? [outcome.value.sequence] : []));
  expect(Math.max(...sequences) - Math.min(...sequences)).toBe(9);
  expect((await t.balances(buyer))['BTC']).toEqual(['10', '0', '10']);
});

test('a large batch is settled whole, in one call and one sequence; one that is too large is refused by its size', async () => {
  const { matches, orders } = t.exchange;
  const { buyer, seller } = await pair('100000', '200');
  const buy = await t.place({ accountId: buyer, side: 'buy', quantity: '150' });
  const sells = await Promise.all(Array.from({ length: 150 }, () => t.place({ accountId: seller, side: 'sell' })));
  const settled = await matches.settle(sells.map((sell) => t.match(sell, buy, { quantity: '1' })));
  const sequences = settled.map((outcome) => outcome.ok && outcome.value.sequence);
  expect(sequences).toEqual(sequences.map((_, i) => Number(sequences[0]) + i));
  expect(await orders.get(buy.id)).toMatchObject({ status: 'filled', cumulativeQuantity: '150', version: 151 });
  const tooMany = matches.settle(Array.from({ length: 1001 }, () => t.match(sells[0]!, buy, { quantity: '1' })));
  await expect(tooMany).rejects.toMatchObject({ kind: 'invalid-input' });
});

test('after all of that the ledger holds', async () => {
  await using facts = await t.facts();
  expect(await verifyLedger(facts)).toMatchObject({ ok: true, differences: [] });
});
