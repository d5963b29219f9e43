import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestExchange, errorsOf, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

const usd = async (accountId: string) => (await t.balances(accountId))['USD'];

test('a replaced order holds what its rest now needs', async () => {
  const { orders } = t.exchange;
  await t.customer('r1', { USD: '1000' });
  const order = await t.place({ accountId: 'r1', side: 'buy', quantity: '2' });
  const replace = (version: number, over: object) =>
    orders.replace({ accountId: 'r1', orderId: order.id, version, ...over });
  expect(await replace(1, { price: '50' })).toMatchObject({ price: '50', quantity: '2', status: 'new', version: 2 });
  expect(await usd('r1')).toEqual(['899.8', '100.2', '1000']);
  expect(await replace(2, { quantity: '5.0', price: '150' })).toMatchObject({
    price: '150',
    quantity: '5',
    leavesQuantity: '5',
    version: 3,
  });
  expect(await usd('r1')).toEqual(['248.5', '751.5', '1000']);
  expect(await replace(3, { quantity: '1' })).toMatchObject({ quantity: '1', version: 4 });
  expect(await usd('r1')).toEqual(['849.7', '150.3', '1000']);
  await orders.cancel({ accountId: 'r1', orderId: order.id });
  expect(await usd('r1')).toEqual(['1000', '0', '1000']);
});

test('time priority is kept where the price stays and the quantity does not grow, and else lost', async () => {
  const { orders } = t.exchange;
  await t.customer('r2', { BTC: '10' });
  const order = await t.place({ accountId: 'r2', side: 'sell', quantity: '2' });
  const other = await t.place({ accountId: 'r2', side: 'sell', quantity: '2' });
  const replace = (version: number, over: object) =>
    orders.replace({ accountId: 'r2', orderId: order.id, version, ...over });
  expect((await replace(1, { quantity: '1' })).acceptSequence).toBe(order.acceptSequence);
  expect((await replace(2, { quantity: '3' })).acceptSequence).toBe(other.acceptSequence! + 1);
  expect((await replace(3, { price: '99' })).acceptSequence).toBe(other.acceptSequence! + 2);
  expect((await replace(4, { price: '99', quantity: '3' })).version).toBe(4);
});

test('a partly filled order is replaced by its whole quantity, never below what is filled', async () => {
  const { orders, matches } = t.exchange;
  await t.customer('r3', { USD: '1000' });
  await t.customer('r3b', { BTC: '1' });
  const order = await t.place({ accountId: 'r3', side: 'buy', quantity: '3' });
  const sell = await t.place({ accountId: 'r3b', side: 'sell', price: '90' });
  await matches.settle([t.match(sell, order)]);
  expect(await usd('r3')).toEqual(['699.4', '210.42', '909.82']);
  const replace = (version: number, over: object) =>
    orders.replace({ accountId: 'r3', orderId: order.id, version, ...over });
  for (const quantity of ['1', '0.5'])
    await expect(replace(2, { quantity })).rejects.toMatchObject({ kind: 'conflict', code: 'quantity-below-filled' });
  expect(await replace(2, { quantity: '2' })).toMatchObject({
    quantity: '2',
    cumulativeQuantity: '1',
    leavesQuantity: '1',
    status: 'partially-filled',
  });
  // One at 100 and its fee: what the fill saved is given back, too.
  expect(await usd('r3')).toEqual(['809.62', '100.2', '909.82']);
});

test('a replacement that is repeated is the same one, one that came too late is stale', async () => {
  const { orders } = t.exchange;
  await t.customer('r4', { USD: '1000' });
  const order = await t.place({ accountId: 'r4', side: 'buy' });
  const replace = (version: number, over: object) =>
    orders.replace({ accountId: 'r4', orderId: order.id, version, ...over });
  const first = await replace(1, { price: '90' });
  expect(await replace(1, { price: '90' })).toEqual(first);
  const later = await replace(2, { price: '80' });
  const before = await t.everything();
  expect(await replace(1, { price: '90.0' })).toEqual(later);
  await expect(replace(1, { price: '70' })).rejects.toMatchObject({ kind: 'conflict', code: 'stale-version' });
  expect(await t.everything()).toBe(before);
  const racing = await Promise.allSettled(['75', '76', '77', '78'].map((price) => replace(3, { price })));
  expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('what may not be replaced is refused, and changes nothing', async () => {
  const { orders, accounts, markets } = t.exchange;
  await t.customer('r5', { USD: '150' });
  await t.customer('r5-check', { USD: '1000' });
  const order = await t.place({ accountId: 'r5', side: 'buy' });
  const market = await t.place({ accountId: 'r5', side: 'buy', type: 'market', quoteBudget: '20' });
  await accounts.configure({ accountId: 'r5-check', checkRequired: true });
  const checked = await t.place({ accountId: 'r5-check', side: 'buy', quantity: '2', riskCheckId: 'k' });
  const pending = await t.place({ accountId: 'r5', side: 'buy', price: '10', pending: true });
  const replace = (orderId: string, over: object, accountId = 'r5') =>
    orders.replace({ accountId, orderId, version: 1, ...over });
  const before = await t.everything();
  const conflict = (code: string) => ({ kind: 'conflict', code });
  const invalid = (path: string, code = 'invalid-input') => ({ kind: 'invalid-input', code, issues: [{ path }] });
  const cases: [call: Promise<unknown>, error: object][] = [
    [
      replace(order.id, { quantity: '2' }),
      {
        ...conflict('insufficient-funds'),
        details: { orderId: order.id, required: '200.4', available: expect.any(String) },
      },
    ],
    [replace(order.id, { quantity: '0.000000001' }), invalid('quantity', 'off-lot')],
    [replace(order.id, { price: '1.001' }), invalid('price', 'off-tick')],
    [replace(order.id, { price: '0.01' }), invalid('quantity', 'below-min-notional')],
    [replace(order.id, {}), invalid('quantity')],
    [replace(market.id, { quantity: '2' }), conflict('not-a-limit-order')],
    [replace(pending.id, { quantity: '2' }), conflict('order-pending')],
    [replace(checked.id, { price: '90' }, 'r5-check'), conflict('check-missing')],
    [replace('no-such-order', { price: '90' }), { kind: 'not-found', code: 'unknown-order' }],
  ];
  const errors = await errorsOf(cases.map(([call]) => call));
  for (const [i, [, error]] of cases.entries()) expect(errors[i]).toMatchObject(error);
  expect(await t.everything()).toBe(before);
  // Less of the same needs no new check.
  expect(await replace(checked.id, { quantity: '1' }, 'r5-check')).toMatchObject({ quantity: '1', riskCheckId: 'k' });
  expect(
    await orders.replace({ accountId: 'r5-check', orderId: checked.id, version: 2, price: '90', riskCheckId: 'k2' }),
  ).toMatchObject({ riskCheckId: 'k2' });
  await orders.requestChange({ accountId: 'r5', orderId: order.id, change: 'cancel' });
  await expect(orders.replace({ accountId: 'r5', orderId: order.id, version: 2, price: '90' })).rejects.toMatchObject(
    conflict('order-pending'),
  );
  await markets.change({ symbol: order.symbol, status: 'halted' });
  await expect(
    orders.replace({ accountId: 'r5-check', orderId: checked.id, version: 3, quantity: '0.5' }),
  ).rejects.toMatchObject(conflict('market-not-open'));
});
