import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestTrading, VENUE, errorsOf, testTrading } from '../test-trading.ts';

let t: TestTrading;
beforeAll(async () => {
  t = await testTrading({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const at = '2026-01-01T00:00:01Z';
const limit = { type: 'limit', price: '50100' } as const;
const update = (orderId: string, version: number, status: string, cumulativeQuantity = '0', more: object = {}) =>
  t.trading.orders.update({ orderId, venue: VENUE, version, status, cumulativeQuantity, at, ...more } as never);

test('an order is pending until the venue answers, then new, then filled in part', async () => {
  const order = await t.submit({ ...limit, orderId: 'life', tag: 'breakout', riskCheckId: 'k' });
  expect(order).toMatchObject({
    status: 'pending-new',
    cumulativeQuantity: '0',
    leavesQuantity: '1',
    venueVersion: 0,
    timeInForce: 'gtc',
  });
  expect(await update('life', 1, 'new', '0', { venueOrderId: 'v-1' })).toMatchObject({
    status: 'new',
    venueOrderId: 'v-1',
  });
  await t.trading.fills.apply(
    t.fillOf(order, {
      quantity: '0.5',
      price: '50100',
      order: { version: 2, status: 'partially-filled', cumulativeQuantity: '0.5', leavesQuantity: '0.5' },
    }),
  );
  expect(await t.trading.orders.get('life')).toMatchObject({
    status: 'partially-filled',
    filledQuantity: '0.5',
    averageFillPrice: '50100',
    leavesQuantity: '0.5',
  });
  expect((await t.trading.orders.listEvents('life')).map(({ type, status }) => `${type}: ${status}`)).toEqual([
    'submitted: pending-new',
    'updated: new',
    'filled: partially-filled',
  ]);
});

test('the same submission is the same order, by its id or the client’s; another is a conflict', async () => {
  const input = { ...limit, orderId: 'twice', clientOrderId: 'twice' };
  const first = await t.submit(input);
  expect(await t.submit(input)).toEqual(first);
  expect(await Promise.all([t.submit({ clientOrderId: 'raced' }), t.submit({ clientOrderId: 'raced' })])).toHaveLength(
    2,
  );
  expect(
    await errorsOf([t.submit({ ...input, quantity: '2' }), t.submit({ ...input, orderId: 'other' })]),
  ).toMatchObject([{ code: 'id-conflict' }, { code: 'id-conflict' }]);
  expect(await t.trading.orders.findByClientOrderId({ deploymentId: 'd', clientOrderId: 'twice' })).toEqual(first);
});

test('an event of the venue counts by its version, not by when it comes', async () => {
  await t.submit({ ...limit, orderId: 'versions' });
  const canceled = await update('versions', 5, 'canceled', '0.3', { reason: 'requested' });
  expect(canceled).toMatchObject({
    status: 'canceled',
    leavesQuantity: '0',
    cumulativeQuantity: '0.3',
    closedAt: '2026-01-01T00:00:01.000000Z',
  });
  expect(await update('versions', 5, 'canceled', '0.3', { reason: 'requested' })).toEqual(canceled);
  expect(await update('versions', 2, 'new')).toEqual(canceled);
  expect(await errorsOf([update('versions', 6, 'new')])).toMatchObject([{ code: 'illegal-transition' }]);
  // Its fill comes after the end that already counts it: a fact all the same.
  const { positions } = await t.trading.fills.apply(
    t.fillOf(canceled, {
      quantity: '0.3',
      order: { version: 4, status: 'partially-filled', cumulativeQuantity: '0.3', leavesQuantity: '0.7' },
    }),
  );
  expect(positions).toHaveLength(1);
  expect(await t.trading.orders.get('versions')).toMatchObject({
    status: 'canceled',
    venueVersion: 5,
    filledQuantity: '0.3',
  });
});

test('what the venue replaced has its quantity and price, and the ids it had before find it still', async () => {
  const { orders } = t.trading;
  await t.submit({ ...limit, orderId: 'replaced' });
  await update('replaced', 1, 'new', '0', { venueOrderId: 'r-1' });
  await orders.requestChange({ orderId: 'replaced', change: 'replace', reason: 'chase' });
  await update('replaced', 2, 'new', '0', { venueOrderId: 'r-2', quantity: '3', price: '50000' });
  const order = await orders.findByVenueOrderId({ venue: VENUE, venueOrderId: 'r-1' });
  expect(order).toMatchObject({
    id: 'replaced',
    quantity: '3',
    price: '50000',
    leavesQuantity: '3',
    venueOrderId: 'r-2',
  });
  await t.submit({ ...limit, orderId: 'thief' });
  expect(await errorsOf([update('thief', 1, 'new', '0', { venueOrderId: 'r-1' })])).toMatchObject([
    { code: 'venue-id-taken' },
  ]);
});

test('a cancel is an intent until the venue has decided', async () => {
  const { orders } = t.trading;
  await t.submit({ ...limit, orderId: 'cancel' });
  await update('cancel', 1, 'new');
  expect(await orders.requestChange({ orderId: 'cancel', change: 'cancel' })).toMatchObject({
    status: 'new',
    cancelRequestedAt: t.box.clock.now(),
  });
  const twice = await orders.requestChange({ orderId: 'cancel', change: 'cancel' });
  expect(twice.version).toBe(3);
  await update('cancel', 2, 'canceled');
  expect(await errorsOf([orders.requestChange({ orderId: 'cancel', change: 'cancel' })])).toMatchObject([
    { code: 'order-closed' },
  ]);
});

test('an order that the venue refused is rejected, once, and only while it is pending', async () => {
  const { orders } = t.trading;
  await t.submit({ ...limit, orderId: 'refused' });
  const rejected = await orders.reject({ orderId: 'refused', reason: 'insufficient-funds' });
  expect(rejected).toMatchObject({ status: 'rejected', reason: 'insufficient-funds', leavesQuantity: '0' });
  expect(await orders.reject({ orderId: 'refused', reason: 'insufficient-funds' })).toEqual(rejected);
  await t.submit({ ...limit, orderId: 'accepted' });
  await update('accepted', 1, 'new');
  expect(
    await errorsOf([
      orders.reject({ orderId: 'accepted', reason: 'late' }),
      orders.reject({ orderId: 'nobody', reason: 'x' }),
      update('nobody', 1, 'new'),
      orders.update({ orderId: 'accepted', venue: 'okx', version: 9, status: 'new', cumulativeQuantity: '0', at }),
      update('accepted', 2, 'partially-filled', '0'),
      update('accepted', 2, 'filled', '0.5'),
      update('accepted', 2, 'partially-filled', '1.5'),
    ]),
  ).toMatchObject([
    { code: 'illegal-transition' },
    { code: 'unknown-order' },
    { code: 'unknown-order' },
    { code: 'wrong-venue' },
    { code: 'inconsistent-quantities' },
    { code: 'inconsistent-quantities' },
    { code: 'inconsistent-quantities' },
  ]);
});

test('the working orders of a deployment are all of them and only them, with Redis and without', async () => {
  const { orders } = t.trading;
  await t.deploy('w');
  const states = { a: 'pending-new', b: 'new', c: 'partially-filled', e: 'filled', f: 'canceled' };
  for (const id of Object.keys(states)) await t.submit({ ...limit, deploymentId: 'w', orderId: `w-${id}` });
  await update('w-b', 1, 'new');
  await update('w-c', 1, 'partially-filled', '0.5');
  await update('w-e', 1, 'filled', '1');
  await update('w-f', 1, 'canceled');
  const working = ['w-a', 'w-b', 'w-c'];
  const listed = async (options?: object) => (await orders.listWorking('w', options)).map(({ id }) => id);
  expect(await listed({ fresh: true })).toEqual(working);
  expect(await listed()).toEqual(working);
  expect(await listed()).toEqual(working);
  await update('w-a', 1, 'canceled');
  expect(await listed()).toEqual(working.slice(1));
  {
    await using _ = t.box.redis.down();
    expect(await listed()).toEqual(working.slice(1));
  }
  expect(
    (await orders.list({ deploymentId: 'w', status: ['filled', 'canceled'], sort: 'oldest' })).items.map(
      ({ id }) => id,
    ),
  ).toEqual(['w-a', 'w-e', 'w-f']);
  const ofStrategy = await Array.fromAsync(orders.list({ strategyId: 's', limit: 2 }));
  expect(ofStrategy.filter(({ deploymentId }) => deploymentId === 'w')).toHaveLength(5);
  expect(new Set(ofStrategy.map(({ id }) => id)).size).toBe(ofStrategy.length);
});

test('a submission whose reply is lost is repeated by its id and made once; its working copy is there', async () => {
  await t.deploy('lost');
  const input = { ...limit, deploymentId: 'lost', orderId: 'lost-1' };
  await t.trading.orders.listWorking('lost');
  {
    using strike = t.box.postgres.cutAfterCommit({ match: /submit_order/ });
    await expect(t.submit({ ...input, clientOrderId: 'lost' })).rejects.toMatchObject({
      kind: 'outcome-unknown',
      repeatWith: { id: 'lost-1' },
    });
    expect(await strike.struck).toBeDefined();
  }
  const order = await t.submit({ ...input, clientOrderId: 'lost' });
  expect(order).toMatchObject({ id: 'lost-1', version: 1 });
  expect(await t.trading.orders.listWorking('lost')).toEqual([order]);
  const fill = t.fillOf(order, { price: '50100', quantity: '1' });
  {
    using strike = t.box.postgres.cutAfterCommit({ match: /apply_fills/ });
    await expect(t.trading.fills.apply(fill)).rejects.toMatchObject({ kind: 'outcome-unknown' });
    expect(await strike.struck).toBeDefined();
  }
  expect(await t.trading.fills.apply(fill)).toMatchObject({ outcome: 'duplicate', positions: [{ quantity: '1' }] });
  expect(await t.trading.orders.listWorking('lost')).toEqual([]);
  expect(await t.trading.positions.listOpen('lost')).toMatchObject([{ quantity: '1' }]);
});

test('a check that has run out, a missing price, a stop without its price: refused by the field', async () => {
  expect(
    await errorsOf([
      t.submit({ ...limit, validUntil: t.box.clock.now() }),
      t.submit({ type: 'limit' }),
      t.submit({ type: 'stop' }),
      t.submit({ type: 'market', price: '1' }),
      t.submit({ leg: 'long' }),
      t.submit({ signalId: 'nobody' }),
      t.submit({ deploymentId: 'nobody' }),
    ]),
  ).toMatchObject([
    { code: 'check-expired', issues: [{ path: 'validUntil' }] },
    { issues: [{ path: 'price' }] },
    { issues: [{ path: 'stopPrice' }] },
    { issues: [{ path: 'price' }] },
    { code: 'leg-in-netting', issues: [{ path: 'leg' }] },
    { code: 'unknown-signal' },
    { code: 'unknown-deployment' },
  ]);
});
