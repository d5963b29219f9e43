import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlaceOrder } from '../index.ts';
import { SYMBOL, type TestExchange, errorsOf, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

const start = '2026-01-01T00:00:00.000000Z';
const limit = (over: Partial<PlaceOrder> & { accountId: string }) =>
  ({
    symbol: SYMBOL,
    side: 'buy',
    type: 'limit',
    quantity: '10.0',
    price: '3000.00',
    clientOrderId: 'c1',
    ...over,
  }) as PlaceOrder;

test('a limit order is read back to the letter, holds its worst cost and fee, and fills', async () => {
  const { orders, matches } = t.exchange;
  await t.customer('o1', { USD: '31000' });
  await t.customer('o1b', { BTC: '10' });
  const placed = await orders.place(limit({ accountId: 'o1' }));
  expect(placed).toEqual({
    id: placed.id,
    clientOrderId: 'c1',
    accountId: 'o1',
    symbol: SYMBOL,
    side: 'buy',
    type: 'limit',
    timeInForce: 'gtc',
    postOnly: false,
    quantity: '10',
    price: '3000',
    cumulativeQuantity: '0',
    leavesQuantity: '10',
    cumulativeQuote: '0',
    status: 'new',
    version: 1,
    acceptSequence: 1,
    selfTradePrevention: 'cancel-newest',
    fees: { version: 2, maker: '0.001', taker: '0.002' },
    placedAt: start,
  });
  expect(await orders.get(placed.id)).toEqual(placed);
  expect(await orders.findByClientOrderId('o1', 'c1')).toEqual(placed);
  expect(await t.balances('o1')).toMatchObject({ USD: ['940', '30060', '31000'] });

  const half = await orders.place(limit({ accountId: 'o1b', side: 'sell', quantity: '5' }));
  const rest = await orders.place(limit({ accountId: 'o1b', side: 'sell', quantity: '5', clientOrderId: 'c2' }));
  await matches.settle([t.match(placed, half)]);
  expect(await orders.get(placed.id)).toMatchObject({
    status: 'partially-filled',
    cumulativeQuantity: '5',
    leavesQuantity: '5',
    version: 2,
  });
  expect(await orders.get(placed.id)).not.toHaveProperty('closedAt');
  await matches.settle([t.match(placed, rest, { quantity: '5' })]);
  expect(await orders.get(placed.id)).toMatchObject({
    status: 'filled',
    cumulativeQuantity: '10',
    leavesQuantity: '0',
    cumulativeQuote: '30000',
    closedAt: start,
    version: 3,
  });
  expect(
    (await orders.listEvents(placed.id)).map(({ version, type, status, cumulativeQuantity }) => [
      version,
      type,
      status,
      cumulativeQuantity,
    ]),
  ).toEqual([
    [1, 'placed', 'new', '0'],
    [2, 'filled', 'partially-filled', '5'],
    [3, 'filled', 'filled', '10'],
  ]);
});

test('an order placed again is the one that stands, whoever calls how often; with other content it is a conflict', async () => {
  const { orders } = t.exchange;
  await t.customer('o2', { USD: '100000' });
  await t.customer('o2b', { USD: '100000' });
  const byClient = limit({ accountId: 'o2', quantity: '1' });
  const byOrder = { ...byClient, clientOrderId: undefined, orderId: '0191-own' };
  for (const input of [byClient, byOrder]) {
    const answers = await Promise.all(Array.from({ length: 8 }, () => orders.place(input)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  }
  expect(await t.balances('o2')).toMatchObject({ USD: ['93988', '6012', '100000'] });
  const before = await t.everything();
  const others: Partial<PlaceOrder>[] = [
    { quantity: '2' },
    { price: '2999' },
    { side: 'sell' },
    { timeInForce: 'ioc' },
    { postOnly: true },
    { selfTradePrevention: 'none' },
    { riskCheckId: 'k' },
  ];
  const conflicts = others.map((over) => orders.place({ ...byClient, ...over }));
  conflicts.push(orders.place({ ...byOrder, accountId: 'o2b' }), orders.place({ ...byClient, orderId: 'another' }));
  for (const error of await errorsOf(conflicts)) expect(error).toMatchObject({ kind: 'conflict', code: 'id-conflict' });
  expect(await t.everything()).toBe(before);
  // Of another account the same client id is another order.
  expect((await orders.place({ ...byClient, accountId: 'o2b' })).id).not.toBe(
    (await orders.findByClientOrderId('o2', 'c1'))!.id,
  );
});

test('what may not be placed is refused by its code and field, and takes no id', async () => {
  const { orders, accounts, markets } = t.exchange;
  await t.customer('o3', { USD: '1000', BTC: '1' });
  await t.customer('o3-susp', { USD: '1000' });
  await t.customer('o3-kyc', { USD: '1000' });
  await t.customer('o3-check', { USD: '1000' });
  await accounts.changeStatus({ accountId: 'o3-susp', status: 'suspended' });
  await accounts.decideKyc({ accountId: 'o3-kyc', kycStatus: 'rejected' });
  await accounts.configure({ accountId: 'o3-check', checkRequired: true });
  await accounts.configure({ accountId: 'o3-kyc', feeTier: 'no-such-tier' });
  await t.customer('o3-tier', { USD: '1000' });
  await accounts.configure({ accountId: 'o3-tier', feeTier: 'no-such-tier' });
  await markets.open({ symbol: 'ETH-USD', tickSize: '0.01', lotSize: '0.001', maxPrice: '10000', maxQuantity: '50' });
  const small = { accountId: 'o3', quantity: '0.1', price: '100' };
  const before = await t.everything();
  const conflict = (code: string) => ({ kind: 'conflict', code });
  const missing = (code: string) => ({ kind: 'not-found', code });
  const invalid = (path: string, code = 'invalid-input') => ({ kind: 'invalid-input', code, issues: [{ path }] });
  const cases: [over: Partial<PlaceOrder>, error: object][] = [
    [
      { quantity: '100' },
      {
        ...conflict('insufficient-funds'),
        details: { accountId: 'o3', symbol: SYMBOL, required: '10020', available: '1000' },
      },
    ],
    [
      { side: 'sell', quantity: '1.1' },
      { ...conflict('insufficient-funds'), details: { required: '1.1', available: '1' } },
    ],
    [{ accountId: 'nobody' }, missing('unknown-account')],
    [{ accountId: 'external' }, conflict('not-a-customer')],
    [{ accountId: 'o3-susp' }, conflict('account-suspended')],
    [{ accountId: 'o3-kyc' }, conflict('kyc-rejected')],
    [{ accountId: 'o3-tier' }, conflict('no-fee-schedule')],
    [{ accountId: 'o3-check' }, conflict('check-missing')],
    [{ accountId: 'o3-check', riskCheckId: 'k', validUntil: '2026-01-01T00:00:00.9Z' }, conflict('check-expired')],
    [{ symbol: 'BTC-DOGE' }, missing('unknown-market')],
    [{ quantity: '0.000000001' }, invalid('quantity', 'off-lot')],
    [{ price: '100.001' }, invalid('price', 'off-tick')],
    [{ quantity: '0.001', price: '999.99' }, invalid('quantity', 'below-min-notional')],
    [{ symbol: 'ETH-USD', quantity: '50.001', price: '1' }, invalid('quantity', 'quantity-too-large')],
    [{ symbol: 'ETH-USD', quantity: '1', price: '10000.01' }, invalid('price', 'price-too-high')],
    [{ type: 'market', price: undefined, quoteBudget: '0.00000000001' }, invalid('quoteBudget', 'too-many-digits')],
    [{ timeInForce: 'gtd', expiresAt: start }, invalid('expiresAt', 'already-expired')],
    [{ timeInForce: 'gtd' }, invalid('expiresAt')],
    [{ expiresAt: '2027-01-01T00:00:00Z' }, invalid('expiresAt')],
    [{ price: undefined }, invalid('price')],
    [{ type: 'market' }, { kind: 'invalid-input', issues: [{ path: 'price' }, { path: 'quoteBudget' }] }],
    [{ quoteBudget: '5' }, invalid('quoteBudget')],
    [{ type: 'market', side: 'sell', price: undefined, timeInForce: 'gtc' }, invalid('timeInForce')],
    [{ timeInForce: 'ioc', postOnly: true }, invalid('postOnly')],
    [{ clientOrderId: undefined }, invalid('clientOrderId')],
  ];
  const calls = cases.map(([over], i) => orders.place(limit({ ...small, clientOrderId: `r${i}`, ...over })));
  const errors = await errorsOf(calls);
  for (const [i, [over, error]] of cases.entries()) expect(errors[i], JSON.stringify(over)).toMatchObject(error);
  expect(await t.everything()).toBe(before);
  expect(await orders.place(limit({ ...small, clientOrderId: 'r0' }))).toMatchObject({ status: 'new' });
  const checked = limit({ ...small, accountId: 'o3-check', riskCheckId: 'k', validUntil: '2026-01-01T00:00:01Z' });
  expect(await orders.place(checked)).toMatchObject({ riskCheckId: 'k', validUntil: '2026-01-01T00:00:01.000000Z' });
});

test('orders of one moment share a statement, each with its own outcome, funds counted one after the other', async () => {
  const { orders } = t.exchange;
  await t.customer('o4', { USD: '350' });
  const calls = Array.from({ length: 6 }, (_, i) =>
    orders.place(limit({ accountId: 'o4', quantity: '1', price: '100', clientOrderId: `b${i}` })),
  );
  calls.push(orders.place(limit({ accountId: 'nobody', quantity: '1' })));
  const results = await Promise.allSettled(calls);
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
    'rejected',
    'rejected',
  ]);
  const placed = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.acceptSequence!] : []));
  expect(placed).toEqual([placed[0], placed[0]! + 1, placed[0]! + 2]);
  expect(await t.balances('o4')).toMatchObject({ USD: ['49.4', '300.6', '350'] });
});

test('cancel gives the hold back, once; a filled order is not canceled', async () => {
  const { orders, matches } = t.exchange;
  await t.customer('o5', { USD: '1000', BTC: '1' });
  const order = await t.place({ accountId: 'o5', side: 'buy', quantity: '2' });
  const canceled = await orders.cancel({ accountId: 'o5', orderId: order.id, version: 1 });
  expect(canceled).toEqual({
    ...order,
    status: 'canceled',
    reason: 'requested',
    leavesQuantity: '0',
    version: 2,
    closedAt: start,
  });
  expect(await Promise.all([1, 2, 3].map(() => orders.cancel({ accountId: 'o5', orderId: order.id })))).toEqual([
    canceled,
    canceled,
    canceled,
  ]);
  expect(await t.balances('o5')).toMatchObject({ USD: ['1000', '0', '1000'] });

  await t.customer('o5b', { BTC: '1' });
  const [buy, sell] = [
    await t.place({ accountId: 'o5', side: 'buy' }),
    await t.place({ accountId: 'o5b', side: 'sell' }),
  ];
  await expect(orders.cancel({ accountId: 'o5', orderId: buy.id, version: 7 })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'stale-version',
  });
  await matches.settle([t.match(sell, buy)]);
  const before = await t.everything();
  const over = { kind: 'conflict', code: 'order-closed' };
  const filled = { accountId: 'o5', orderId: buy.id };
  const calls = [
    orders.cancel(filled),
    orders.reject({ ...filled, reason: 'late' }),
    orders.replace({ ...filled, version: 2, quantity: '3' }),
    orders.requestChange({ ...filled, change: 'cancel' }),
    orders.refuseChange(filled),
    orders.accept({ orderId: buy.id }),
    orders.cancel({ ...filled, orderId: 'no-such-order' }),
  ];
  expect(await errorsOf(calls)).toMatchObject([
    over,
    over,
    over,
    over,
    over,
    over,
    { kind: 'not-found', code: 'unknown-order' },
  ]);
  expect(await t.everything()).toBe(before);
});

test('a pending order holds its funds without a place in the book, until it is accepted or rejected', async () => {
  const { orders } = t.exchange;
  await t.customer('o6', { USD: '1000' });
  const place = (clientOrderId: string) => t.place({ accountId: 'o6', side: 'buy', pending: true, clientOrderId });
  const [yes, no] = [await place('yes'), await place('no')];
  expect(yes).toMatchObject({ status: 'pending-new', version: 1 });
  expect(yes).not.toHaveProperty('acceptSequence');
  expect(await t.balances('o6')).toMatchObject({ USD: ['799.6', '200.4', '1000'] });
  const openIds = async () => (await Array.fromAsync(orders.listOpen({ symbol: SYMBOL }))).map(({ id }) => id);
  expect(await openIds()).not.toContain(yes.id);
  const accepted = await orders.accept({ orderId: yes.id });
  expect(accepted).toMatchObject({ status: 'new', version: 2, acceptSequence: expect.any(Number) });
  expect(await orders.accept({ orderId: yes.id })).toEqual(accepted);
  expect(await openIds()).toContain(yes.id);
  expect(await orders.reject({ accountId: 'o6', orderId: no.id, reason: 'risk' })).toMatchObject({
    status: 'rejected',
    reason: 'risk',
  });
  await expect(orders.reject({ accountId: 'o6', orderId: yes.id, reason: 'risk' })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'illegal-transition',
  });
  await expect(orders.accept({ orderId: no.id })).rejects.toMatchObject({ kind: 'conflict', code: 'order-closed' });
  expect(await t.balances('o6')).toMatchObject({ USD: ['899.8', '100.2', '1000'] });
});

test('a change that is asked for is noted, and when it is refused the order is what it is without it', async () => {
  const { orders, matches } = t.exchange;
  await t.customer('o7', { USD: '1000' });
  await t.customer('o7b', { BTC: '3' });
  const order = await t.place({ accountId: 'o7', side: 'buy', quantity: '2' });
  const mine = { accountId: 'o7', orderId: order.id };
  await expect(orders.refuseChange(mine)).rejects.toMatchObject({ kind: 'conflict', code: 'not-pending' });
  expect(await orders.requestChange({ ...mine, change: 'replace' })).toMatchObject({
    status: 'pending-replace',
    version: 2,
  });
  expect(await orders.requestChange({ ...mine, change: 'cancel', reason: 'changed my mind' })).toMatchObject({
    status: 'pending-cancel',
    version: 3,
  });
  await expect(orders.requestChange({ ...mine, change: 'replace' })).rejects.toMatchObject({
    code: 'illegal-transition',
  });
  expect(await orders.refuseChange(mine)).toMatchObject({ status: 'new', version: 4 });

  await orders.requestChange({ ...mine, change: 'cancel' });
  const sell = await t.place({ accountId: 'o7b', side: 'sell' });
  expect(await matches.settle([t.match(order, sell)])).toMatchObject([{ ok: true }]);
  expect(await orders.get(order.id)).toMatchObject({ status: 'pending-cancel', cumulativeQuantity: '1' });
  expect(await orders.refuseChange({ ...mine, reason: 'too late' })).toMatchObject({ status: 'partially-filled' });
  await orders.requestChange({ ...mine, change: 'cancel' });
  const last = await t.place({ accountId: 'o7b', side: 'sell' });
  await matches.settle([t.match(order, last, { quantity: '1' })]);
  expect(await orders.get(order.id)).toMatchObject({ status: 'filled' });
  expect((await orders.listEvents(order.id)).map(({ type }) => type)).toEqual([
    'placed',
    'replace-requested',
    'cancel-requested',
    'request-rejected',
    'cancel-requested',
    'filled',
    'request-rejected',
    'cancel-requested',
    'filled',
  ]);
});

test('orders expire in business time and give their holds back; a day order with its day', async () => {
  const { orders } = t.exchange;
  await t.customer('o8', { USD: '1000' });
  const gtd = await t.place({ accountId: 'o8', side: 'buy', timeInForce: 'gtd', expiresAt: '2026-01-01T00:10:00Z' });
  const pending = await t.place({
    accountId: 'o8',
    side: 'buy',
    timeInForce: 'gtd',
    expiresAt: '2026-01-01T00:10:00Z',
    pending: true,
  });
  const day = await t.place({ accountId: 'o8', side: 'buy', timeInForce: 'day' });
  const gtc = await t.place({ accountId: 'o8', side: 'buy' });
  expect(day.expiresAt).toBe('2026-01-02T00:00:00.000000Z');
  const status = async (id: string) => (await orders.get(id)).status;
  await t.box.clock.advance('PT11M');
  await expect.poll(() => Promise.all([gtd, pending].map(({ id }) => status(id)))).toEqual(['expired', 'expired']);
  expect(await orders.get(gtd.id)).toMatchObject({
    reason: 'time-in-force',
    closedAt: '2026-01-01T00:11:00.000000Z',
    leavesQuantity: '0',
  });
  expect(await status(day.id)).toBe('new');
  await t.box.clock.set('2026-01-02T00:00:00Z');
  await expect.poll(() => status(day.id)).toBe('expired');
  expect(await status(gtc.id)).toBe('new');
  expect(await t.balances('o8')).toMatchObject({ USD: ['899.8', '100.2', '1000'] });
  // The same day order again is that one, though by now its day would end later.
  expect(
    await t.place({ accountId: 'o8', side: 'buy', timeInForce: 'day', clientOrderId: day.clientOrderId }),
  ).toMatchObject({ id: day.id, status: 'expired' });
});
