import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimal, withContext } from '@tse/core';
import type { LotMethod } from '../index.ts';
import { foldLots } from '../positions/lot-fold.ts';
import { ACCOUNT, SYMBOL, type TestTrading, VENUE, errorsOf, testTrading } from '../test-trading.ts';

let t: TestTrading;
let made = 0;
/** A deployment of its own for each test. */
const deploy = async (over: Parameters<TestTrading['deploy']>[1] = {}) => t.deploy(`f${(made += 1)}`, over);
const openOf = (deploymentId: string) => t.trading.positions.listOpen(deploymentId, { fresh: true });

beforeAll(async () => {
  t = await testTrading({ bare: true, options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

test('a fill reaches order, lot and position with quantity, commission and profit kept exactly', async () => {
  const deploymentId = await deploy();
  const order = await t.submit({ deploymentId, quantity: '0.5', tag: 'breakout' });
  const sell = await t.submit({ deploymentId, side: 'sell', quantity: '0.2', exitReason: 'target' });
  const bought = await t.trading.fills.apply(
    t.fillOf(order, { price: '50100.01', quantity: '0.5', fee: '25.050005', feeAsset: 'USD' }),
  );
  expect(bought).toMatchObject({
    outcome: 'applied',
    positions: [
      {
        symbol: SYMBOL,
        quantity: '0.5',
        cost: '25050.005',
        averageEntryPrice: '50100.01',
        fees: '25.050005',
        realized: '0',
      },
    ],
  });
  const sold = await t.trading.fills.apply(t.fillOf(sell, { price: '50200.03', quantity: '0.2', fee: '10.040006' }));
  expect(sold.positions).toMatchObject([
    {
      quantity: '0.3',
      cost: '15030.003',
      averageEntryPrice: '50100.01',
      averageExitPrice: '50200.03',
      realized: '20.004',
      fees: '35.090011',
      netRealized: '-15.086011',
      tag: 'breakout',
    },
  ]);
  expect(await t.trading.orders.get(order.id)).toMatchObject({
    status: 'filled',
    cumulativeQuantity: '0.5',
    filledQuantity: '0.5',
    averageFillPrice: '50100.01',
  });
  expect(await t.trading.fills.listOfOrder(order.id)).toMatchObject([
    { quoteQuantity: '25050.005', feeQuote: '25.050005' },
  ]);
});

test('a fill that comes twice counts once; with other content it is quarantined', async () => {
  const deploymentId = await deploy();
  const order = await t.submit({ deploymentId });
  const fill = t.fillOf(order, { quantity: '0.4' });
  expect(await t.trading.fills.applyAll([fill, fill])).toMatchObject([
    { outcome: 'applied' },
    { outcome: 'duplicate' },
  ]);
  const before = await openOf(deploymentId);
  expect(await t.trading.fills.apply(fill)).toMatchObject({ outcome: 'duplicate', positions: [{ quantity: '0.4' }] });
  expect(await t.trading.fills.apply({ ...fill, price: '101' })).toEqual({
    outcome: 'quarantined',
    reason: 'other-content',
    positions: [],
  });
  expect(await openOf(deploymentId)).toEqual(before);
  const { items } = await t.trading.fills.listQuarantined({ reason: 'other-content' });
  expect(items).toMatchObject([{ tradeId: fill.tradeId, fill: { price: '101' } }]);
  const { venue, tradeId, orderId, contentHash } = items[0]!;
  const key = { venue, tradeId, orderId, contentHash };
  expect(await t.trading.fills.discard({ ...key, note: 'a typing error' })).toMatchObject({ resolution: 'discarded' });
  expect(await t.trading.fills.discard(key)).toMatchObject({ resolution: 'discarded' });
  expect((await t.trading.fills.listQuarantined({ resolved: true })).items).toMatchObject([{ note: 'a typing error' }]);
  expect(await errorsOf([t.trading.fills.discard({ ...key, contentHash: 'x' })])).toMatchObject([
    { kind: 'not-found', code: 'unknown-quarantined-fill' },
  ]);
});

test('what is not of its order, or more than it asked for, is quarantined and moves nothing', async () => {
  const deploymentId = await deploy();
  const order = await t.submit({ deploymentId });
  const outcomes = await t.trading.fills.applyAll([
    t.fillOf(order, { symbol: 'ETH-USD' }),
    t.fillOf(order, { side: 'sell' }),
    t.fillOf(order, { accountId: 'mallory' }),
    t.fillOf(order, { venue: 'okx' }),
    t.fillOf(order, { quantity: '1.1' }),
    t.fillOf(order, { quantity: '0.7' }),
    t.fillOf(order, { quantity: '0.4' }),
  ]);
  expect(outcomes.map(({ outcome, reason }) => reason ?? outcome)).toEqual([
    'not-of-this-order',
    'not-of-this-order',
    'not-of-this-order',
    'not-of-this-order',
    'overfilled',
    'applied',
    'overfilled',
  ]);
  expect(await openOf(deploymentId)).toMatchObject([{ quantity: '0.7' }]);
});

test('a fill of an order that is not there yet waits for it, with the event that told it', async () => {
  const deploymentId = await deploy();
  const orderId = 'comes-later';
  const fill = t.fillOf({
    id: orderId,
    venue: VENUE,
    accountId: ACCOUNT,
    symbol: SYMBOL,
    side: 'buy',
    quantity: '1',
  } as never);
  const told = await withContext({ source: 'exchange', sourceSeq: 77 }, () => t.trading.fills.apply(fill));
  expect(told).toEqual({ outcome: 'quarantined', reason: 'unknown-order', positions: [] });
  expect(await t.trading.fills.retryQuarantined()).toBe(0);
  await expect
    .poll(async () => (await t.trading.health()).checks['quarantined-fills'])
    .toMatchObject({ state: 'degraded', reason: expect.stringMatching(/fills are quarantined/) });
  await t.submit({ deploymentId, orderId });
  expect(await t.trading.fills.retryQuarantined()).toBe(1);
  expect(await openOf(deploymentId)).toMatchObject([{ quantity: '1' }]);
  expect(await t.trading.fills.retryQuarantined()).toBe(0);
  await using facts = await t.facts();
  expect(await facts.query(`select source, source_seq from facts_fills where order_id = '${orderId}'`)).toEqual([
    { source: 'exchange', source_seq: 77 },
  ]);
  expect(await facts.query(`select resolution from facts_quarantined_fills where order_id = '${orderId}'`)).toEqual([
    { resolution: 'applied' },
  ]);
});

test('a fill that crosses zero is split: it closes one cycle and opens the next', async () => {
  const deploymentId = await deploy();
  await t.trade('buy', '1', '100', { deploymentId }, { fee: '1' });
  const order = await t.submit({ deploymentId, side: 'sell', quantity: '3', exitReason: 'flip' });
  const { positions } = await t.trading.fills.apply(t.fillOf(order, { price: '110', quantity: '3', fee: '3' }));
  expect(positions.toSorted((a, b) => a.cycle - b.cycle)).toMatchObject([
    { cycle: 1, quantity: '0', realized: '10', fees: '4', exitReason: 'flip', direction: 'long' },
    { cycle: 2, quantity: '-2', cost: '-220', realized: '0', fees: '0', direction: 'short' },
  ]);
  await t.trade('buy', '2', '105', { deploymentId });
  expect(
    (await t.trading.positions.list({ deploymentId })).items.map(({ cycle, realized }) => [cycle, realized]),
  ).toEqual([
    [1, '10'],
    [2, '10'],
  ]);
  expect(await openOf(deploymentId)).toEqual([]);
});

test('a fee in the base asset takes from the position; one in a third asset is worth what its rate says, or nothing is said', async () => {
  const deploymentId = await deploy();
  await t.trade('buy', '1', '100', { deploymentId }, { fee: '0.001', feeAsset: 'BTC' });
  expect(await openOf(deploymentId)).toMatchObject([
    { quantity: '0.999', cost: '99.9', realized: '0', fees: '0.1', unconvertedFees: 0 },
  ]);
  await t.trade(
    'buy',
    '1',
    '100',
    { deploymentId },
    { fee: '0.5', feeAsset: 'BNB', feeRate: '2', feeRateSource: 'mark' },
  );
  await t.trade('buy', '1', '100', { deploymentId }, { fee: '0.5', feeAsset: 'BNB' });
  const [position] = await openOf(deploymentId);
  expect(position).toMatchObject({ quantity: '2.999', fees: '1.1', unconvertedFees: 1 });
  expect((await t.trading.positions.listMatches({ positionId: position!.id })).items).toMatchObject([
    { kind: 'fee', quantity: '0.001', pnl: '0' },
  ]);
  expect((await t.trading.fills.list({ deploymentId })).items.map(({ feeRateSource }) => feeRateSource)).toEqual([
    'fill price',
    'mark',
    undefined,
  ]);
  expect(await t.trading.fills.totals({ deploymentId })).toEqual([
    { symbol: SYMBOL, fills: 3, quantity: '3', quoteQuantity: '300', fees: '1.1', unconvertedFees: 1 },
  ]);
});

test('with hedging each leg is a position, and a closing that is more than its leg goes on in the other', async () => {
  const deploymentId = await deploy({ positionMode: 'hedging' });
  expect(await errorsOf([t.submit({ deploymentId })])).toMatchObject([
    { kind: 'invalid-input', issues: [{ path: 'leg' }] },
  ]);
  await t.trade('buy', '1', '100', { deploymentId, leg: 'long' });
  await t.trade('sell', '2', '100', { deploymentId, leg: 'short' });
  expect((await openOf(deploymentId)).map(({ leg, quantity }) => `${leg} ${quantity}`).toSorted()).toEqual([
    'long 1',
    'short -2',
  ]);
  await t.trade('sell', '1.5', '110', { deploymentId, leg: 'long' });
  expect((await openOf(deploymentId)).map(({ leg, quantity }) => [leg, quantity])).toEqual([['short', '-2.5']]);
});

const methods = ['fifo', 'lifo', 'hifo', 'specific'] as const satisfies LotMethod[];
const trades = fc.array(
  fc.record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    quantity: fc.integer({ min: 1, max: 400 }).map((n) => decimal.of(String(n / 100))),
    price: fc.integer({ min: 9000, max: 11000 }).map((n) => decimal.of(String(n / 100))),
    named: fc.array(fc.nat({ max: 7 }), { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 8 },
);

describe.each(methods)('matching lots by %s', (lotMethod) => {
  test('any fills, in any order of arrival and in any batches, come to what the rule says of their sequence', async () => {
    await fc.assert(
      fc.asyncProperty(trades, fc.infiniteStream(fc.nat({ max: 1000 })), async (plan, shuffle) => {
        const deploymentId = await deploy({ lotMethod });
        const fills = [];
        for (const [i, { side, quantity, price, named }] of plan.entries()) {
          const closeLots = named.map((n) => `${deploymentId}/${n}`);
          const order = await t.submit({ deploymentId, side, quantity, closeLots });
          fills.push(t.fillOf(order, { tradeId: `${deploymentId}/${i}`, price, quantity }));
        }
        const expected = foldLots(
          plan.map(({ side, quantity, price, named }, i) => ({
            tradeId: `${deploymentId}/${i}`,
            delta: side === 'buy' ? quantity : decimal.negate(quantity),
            price,
            closeLots: named.map((n) => `${deploymentId}/${n}`),
          })),
          lotMethod,
        );
        const arrival = fills
          .map((fill) => [shuffle.next().value!, fill] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, fill]) => fill);
        const cut = shuffle.next().value! % (arrival.length + 1);
        await t.trading.fills.applyAll(arrival.slice(0, cut));
        for (const fill of arrival.slice(cut)) await t.trading.fills.apply(fill);

        const [open] = await openOf(deploymentId);
        expect(open?.quantity ?? '0').toBe(expected.quantity);
        const { items } = await t.trading.positions.list({ deploymentId });
        expect(decimal.sum(items.map(({ realized }) => realized))).toBe(expected.realized);
        const lots = open ? (await t.trading.positions.listLots({ positionId: open.id, open: true })).items : [];
        expect(lots.map(({ tradeId, price, remaining }) => ({ tradeId, price, remaining }))).toEqual(expected.lots);
        // Made again from the fills it is the same, but for its version.
        if (open) {
          const again = await t.trading.positions.rebuild({
            deploymentId,
            accountId: ACCOUNT,
            venue: VENUE,
            symbol: SYMBOL,
          });
          expect(again.find(({ id }) => id === open.id)).toEqual({ ...open, version: open.version + 1 });
        }
      }),
      { numRuns: 12 },
    );
  });
});

test('callers at the same time, on one market and on several, lose nothing', async () => {
  const deploymentId = await deploy();
  const orders = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      t.submit({ deploymentId, symbol: i % 2 ? SYMBOL : 'ETH-USD', side: i % 4 < 2 ? 'buy' : 'sell', quantity: '2' }),
    ),
  );
  const other = t.box.open('trading', { workers: false });
  const fills = orders.flatMap((order) => [
    t.fillOf(order, { quantity: '1' }),
    t.fillOf(order, { quantity: '1', price: '101' }),
  ]);
  await Promise.all(
    fills.flatMap((fill, i) => [
      (i % 2 ? other : t.trading).fills.apply(fill),
      (i % 2 ? t.trading : other).fills.apply(fill),
    ]),
  );
  expect(await openOf(deploymentId)).toEqual([]);
  const totals = await t.trading.fills.totals({ deploymentId });
  expect(totals.map(({ symbol, fills: n, quantity }) => [symbol, n, quantity])).toEqual([
    [SYMBOL, 40, '40'],
    ['ETH-USD', 40, '40'],
  ]);
});

test('what has more digits than an amount is refused by its field', async () => {
  const order = await t.submit({ deploymentId: await deploy() });
  const errors = await errorsOf([
    t.trading.fills.apply(t.fillOf(order, { price: '0.0000000001', quantity: '0.0000000001' })),
    t.trading.fills.apply(t.fillOf(order, { price: '99999999999', quantity: '99999999999' })),
    t.trading.fills.apply(t.fillOf(order, { price: '0.0000000001', fee: '0.000000001', feeAsset: 'BTC' })),
    t.trading.fills.apply(t.fillOf(order, { feeRate: '1' })),
  ]);
  expect(errors).toMatchObject([
    { issues: [{ path: 'quantity' }] },
    { issues: [{ path: 'quantity' }] },
    { issues: [{ path: 'fee' }] },
    { issues: [{ path: 'feeRateSource' }] },
  ]);
});
