import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckOrder, DefineLimit } from '../index.ts';
import { SYMBOL, type TestRisk, errorsOf, testRisk } from '../test-risk.ts';

let t: TestRisk;
beforeAll(async () => {
  t = await testRisk();
});
afterAll(() => t[Symbol.asyncDispose]());

let asked = 0;
const order = (over: Partial<CheckOrder> & Pick<CheckOrder, 'account'>): CheckOrder => {
  asked += 1;
  return { orderId: `o${asked}`, symbol: SYMBOL, side: 'buy', quantity: '1', price: '100', ...over };
};
const check = (over: Partial<CheckOrder> & Pick<CheckOrder, 'account'>) => t.risk.checks.check(order(over));
const codes = async (...overs: (Partial<CheckOrder> & Pick<CheckOrder, 'account'>)[]) => {
  const found: string[] = [];
  for (const over of overs) found.push((await check(over)).code);
  return found;
};
const limit = (account: string, over: Omit<DefineLimit, 'scope'> & Partial<DefineLimit>) =>
  t.risk.limits.define({ scope: { account }, ...over });

test('an order that no limit looks at is allowed, reserved for, and the decision is read back as it was', async () => {
  const { checks } = t.risk;
  const decision = await check({ account: 'free', quantity: '1.50' });
  expect(decision).toMatchObject({ decision: 'allow', code: 'allowed', quantity: '1.5', results: [], marks: {} });
  expect(decision.validUntil).toBe('2026-01-01T00:00:30.000000Z');
  expect(await checks.get(decision.checkId)).toEqual(decision);
  expect(await checks.findReservation(decision.orderId)).toMatchObject({ state: 'reserved', leaves: '1.5' });
  expect((await checks.list({ account: 'free' })).items).toEqual([decision]);
  expect((await checks.listReservations({ account: 'free' })).items).toHaveLength(1);
});

test('the same order again is the same decision, also at once; other content is a conflict and changes nothing', async () => {
  const { checks } = t.risk;
  const first = order({ account: 'again' });
  const all = await Promise.all(Array.from({ length: 8 }, () => checks.check(first)));
  for (const decision of all) expect(decision).toEqual(all[0]);
  const before = await t.everything();
  for (const error of await errorsOf([
    checks.check({ ...first, quantity: '2' }),
    checks.check({ ...first, account: 'other' }),
    checks.check({ ...first, attempt: 2, side: 'sell' }),
    checks.check({ ...order({ account: 'again' }), checkId: all[0]!.checkId }),
  ]))
    expect(error).toMatchObject({ kind: 'conflict', code: 'id-conflict' });
  expect(await t.everything()).toBe(before);
});

test('two checks that race for the last of a limit do not both pass, from two processes', async () => {
  await limit('race', { metric: 'position', hard: '7' });
  const other = t.box.open('risk');
  const decisions = await Promise.all(
    Array.from({ length: 24 }, (_, i) => [t.risk, other][i % 2]!.checks.check(order({ account: 'race' }))),
  );
  expect(decisions.filter(({ decision }) => decision === 'allow')).toHaveLength(7);
  for (const { code, decision, observed, limit: hard } of decisions)
    if (decision === 'deny') expect([code, observed, hard]).toEqual(['position-exceeded', '8', '7']);
});

test('what two orders of different symbols share is never exceeded by both', async () => {
  await limit('shared', { metric: 'gross-exposure', hard: '1000' });
  for (const symbol of ['BTC-USD', 'ETH-USD', 'SOL-USD']) await t.mark(symbol, '100');
  const other = t.box.open('risk');
  const decisions = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      [t.risk, other][i % 2]!.checks.check(
        order({ account: 'shared', symbol: ['BTC-USD', 'ETH-USD', 'SOL-USD'][i % 3]!, side: i % 2 ? 'buy' : 'sell' }),
      ),
    ),
  );
  // Both sides of a symbol are not both filled in the worst case: the worse of them counts.
  const worst = new Map<string, { buy: number; sell: number }>();
  for (const { symbol, side, decision } of decisions)
    if (decision === 'allow') {
      const of = worst.get(symbol) ?? { buy: 0, sell: 0 };
      worst.set(symbol, { ...of, [side]: of[side] + 100 });
    }
  const total = [...worst.values()].reduce((sum, { buy, sell }) => sum + Math.max(buy, sell), 0);
  expect(total).toBe(1000);
});

test('a fill uses what is reserved, a close gives the rest back, and then there is room again', async () => {
  const { checks, positions } = t.risk;
  await limit('room', { metric: 'position', hard: '10' });
  const { orderId } = await check({ account: 'room', quantity: '10' });
  expect(await codes({ account: 'room' })).toEqual(['position-exceeded']);
  await positions.applyFill(t.fillOf({ account: 'room', quantity: '4', orderId }));
  expect(await checks.findReservation(orderId)).toMatchObject({ state: 'working', leaves: '6' });
  expect(await codes({ account: 'room' })).toEqual(['position-exceeded']);
  await checks.hearOrder({ orderId, what: 'closed' });
  expect(await checks.findReservation(orderId)).toMatchObject({ state: 'ended', endedHow: 'closed', leaves: '0' });
  expect(await checks.hearOrder({ orderId, what: 'closed' })).toMatchObject({ endedHow: 'closed' });
  expect(await codes({ account: 'room', quantity: '6' }, { account: 'room' })).toEqual([
    'allowed',
    'position-exceeded',
  ]);
  // What makes the position smaller always passes.
  expect((await check({ account: 'room', side: 'sell', quantity: '4' })).results[0]).toMatchObject({
    outcome: 'reduces',
  });
});

test('a filled order has ended; a fill without an order is a position all the same', async () => {
  const { checks, positions } = t.risk;
  const { orderId } = await check({ account: 'filled', strategy: 's1' });
  await checks.hearOrder({ orderId, what: 'placed' });
  const fill = t.fillOf({ account: 'filled', orderId });
  await positions.applyFill(fill);
  await positions.applyFill(fill);
  expect(await checks.findReservation(orderId)).toMatchObject({ state: 'ended', endedHow: 'filled' });
  expect((await positions.listFills({ account: 'filled' })).items).toMatchObject([{ strategy: 's1' }]);
  await positions.applyFill(t.fillOf({ account: 'filled', orderId: 'never-checked' }));
  expect((await positions.list({ account: 'filled' })).items).toMatchObject([{ quantity: '2' }]);
  expect(await checks.hearOrder({ orderId: 'never-checked', what: 'placed' })).toBeUndefined();
});

test('an order is changed under its next attempt, from what is reserved for it', async () => {
  const { checks } = t.risk;
  await limit('changed', { metric: 'position', hard: '10' });
  const first = order({ account: 'changed', quantity: '8' });
  await checks.check(first);
  expect(await checks.check({ ...first, attempt: 2, quantity: '10' })).toMatchObject({
    code: 'allowed',
    observed: '10',
  });
  expect(await checks.check({ ...first, attempt: 3, quantity: '11' })).toMatchObject({ code: 'position-exceeded' });
  expect(await checks.findReservation(first.orderId)).toMatchObject({ leaves: '10', attempt: 2 });
  await checks.hearOrder({ orderId: first.orderId, what: 'changed', leaves: '3', price: '90' });
  expect(await checks.findReservation(first.orderId)).toMatchObject({ leaves: '3', price: '90', state: 'working' });
  expect(await codes({ account: 'changed', quantity: '7' }, { account: 'changed' })).toEqual([
    'allowed',
    'position-exceeded',
  ]);
});

test('a price that is missing or old is a reason, not a zero', async () => {
  await limit('price', { metric: 'price-deviation', hard: '0.1', maxPriceAge: 'PT1M' });
  await limit('price', { metric: 'order-value', hard: '1000' });
  const old = { account: 'price', symbol: 'OLD-USD' };
  expect(await codes(old)).toEqual(['price-missing']);
  await t.mark('OLD-USD', '100');
  expect(await codes(old, { ...old, price: '111' }, { ...old, price: '89' })).toEqual([
    'allowed',
    'price-deviation-exceeded',
    'price-deviation-exceeded',
  ]);
  const { price: _, ...market } = order(old);
  expect(await t.risk.checks.check(market)).toMatchObject({
    code: 'allowed',
    marks: { 'OLD-USD': { price: '100', kind: 'last', ageMs: 0 } },
  });
  await t.box.clock.advance('PT2M');
  expect(await check(old)).toMatchObject({ code: 'price-stale', marks: { 'OLD-USD': { ageMs: 120_000 } } });
  await t.mark('OLD-USD', '100');
  expect(await codes({ ...old, quantity: '11' })).toEqual(['order-value-exceeded']);
  // In a currency that nothing is known of.
  expect(await codes({ account: 'price', symbol: 'BTC-EUR', quantity: '1' })).toEqual(['price-missing']);
});

test('limits of one order and of a day, which begins where its desk is', async () => {
  await limit('daily', { metric: 'order-quantity', hard: '5' });
  await limit('daily', { metric: 'daily-value', hard: '800', timeZone: 'America/New_York' });
  await limit('daily', { metric: 'daily-quantity', hard: '9', window: 'P1D' });
  await t.box.clock.set('2026-01-02T04:00:00Z');
  expect(await codes({ account: 'daily', quantity: '6' })).toEqual(['order-quantity-exceeded']);
  const first = await check({ account: 'daily', quantity: '5' });
  expect(await codes({ account: 'daily', quantity: '4' }, { account: 'daily', quantity: '3' })).toEqual([
    'daily-value-exceeded',
    'allowed',
  ]);
  // What was not filled no longer counts.
  await t.risk.checks.hearOrder({ orderId: first.orderId, what: 'refused' });
  expect(await codes({ account: 'daily', quantity: '5' })).toEqual(['allowed']);
  await t.box.clock.set('2026-01-02T05:00:00Z');
  expect(await codes({ account: 'daily', quantity: '2', price: '1' })).toEqual(['daily-quantity-exceeded']);
  expect(await codes({ account: 'daily', quantity: '1', price: '790' })).toEqual(['allowed']);
});

test('orders come no faster than their rate, whatever is decided of them, and the clock may jump', async () => {
  await limit('rate', { metric: 'order-rate', hard: '3', window: 'PT1S' });
  await limit('rate', { metric: 'order-quantity', hard: '1' });
  const big = { account: 'rate', quantity: '2' };
  expect(await codes(big, big, { account: 'rate' }, { account: 'rate' })).toEqual([
    'order-quantity-exceeded',
    'order-quantity-exceeded',
    'allowed',
    'rate-exceeded',
  ]);
  await t.box.clock.advance('PT0.34S');
  expect(await codes({ account: 'rate' }, { account: 'rate' })).toEqual(['allowed', 'rate-exceeded']);
  const later = t.box.clock.now();
  await t.box.clock.advance('PT1H');
  expect(await codes({ account: 'rate' })).toEqual(['allowed']);
  await t.box.clock.set(later);
  expect(await codes({ account: 'rate' }, { account: 'rate' }, { account: 'rate' })).toEqual([
    'allowed',
    'allowed',
    'rate-exceeded',
  ]);
  await t.box.clock.advance('PT1S');
  expect(await codes({ account: 'rate' })).toEqual(['allowed']);
});

test('every limit of every scope is asked, and the one that binds is named', async () => {
  const { limits } = t.risk;
  const scopes = { account: 'a1', strategy: 'st1', venue: 'v1', symbol: 'ABC-USD' };
  const [a, s, v, i, f] = await Promise.all([
    limits.define({ metric: 'position', scope: { account: 'a1' }, hard: '50' }),
    limits.define({ metric: 'position', scope: { strategy: 'st1' }, hard: '40' }),
    limits.define({ metric: 'position', scope: { venue: 'v1', symbol: 'ABC-USD' }, hard: '30' }),
    limits.define({ metric: 'position', scope: { symbol: 'ABC-USD' }, hard: '20', soft: '5', warn: '2' }),
    limits.define({ metric: 'open-orders', scope: {}, soft: '1' }),
  ]);
  const decision = await check({ ...scopes, quantity: '3' });
  expect(decision).toMatchObject({ code: 'allowed' });
  expect(new Map(decision.results.map(({ limitId, outcome }) => [limitId, outcome]))).toEqual(
    new Map([
      [a.limitId, 'within'],
      [s.limitId, 'within'],
      [v.limitId, 'within'],
      [i.limitId, 'warn'],
      [f.limitId, 'soft'],
    ]),
  );
  expect(await check({ ...scopes, quantity: '18' })).toMatchObject({
    code: 'position-exceeded',
    limitId: i.limitId,
    limitVersion: 1,
    observed: '21',
    limit: '20',
  });
  // Of the others only the instrument and the firm.
  expect((await check({ account: 'a2', symbol: 'ABC-USD', quantity: '17' })).results).toHaveLength(2);
});

test('counts of orders and positions, concentration and net exposure', async () => {
  for (const symbol of ['BTC-USD', 'ETH-USD']) await t.mark(symbol, '100');
  await limit('counts', { metric: 'open-orders', hard: '2' });
  expect(await codes({ account: 'counts' }, { account: 'counts' }, { account: 'counts' })).toEqual([
    'allowed',
    'allowed',
    'open-orders-exceeded',
  ]);
  await limit('few', { metric: 'open-positions', hard: '1' });
  expect(await codes({ account: 'few' }, { account: 'few' }, { account: 'few', symbol: 'ETH-USD' })).toEqual([
    'allowed',
    'allowed',
    'open-positions-exceeded',
  ]);
  await t.risk.positions.applyFill(t.fillOf({ account: 'spread', quantity: '5' }));
  await limit('spread', { metric: 'concentration', hard: '0.6' });
  expect(await codes({ account: 'spread' }, { account: 'spread', symbol: 'ETH-USD', quantity: '4' })).toEqual([
    'concentration-exceeded',
    'allowed',
  ]);
  await t.risk.positions.applyFill(t.fillOf({ account: 'net', quantity: '5' }));
  await limit('net', { metric: 'net-exposure', hard: '600' });
  const short = { account: 'net', symbol: 'ETH-USD', side: 'sell', quantity: '9' } as const;
  expect(await codes({ account: 'net', quantity: '2' }, short, { ...short, quantity: '3' })).toEqual([
    'net-exposure-exceeded',
    'allowed',
    'net-exposure-exceeded',
  ]);
});

test('what was reserved for an order that never came is freed when its venue was heard until beyond it, and not before', async () => {
  const { checks } = t.risk;
  await limit('silent', { metric: 'position', hard: '1' });
  const stateOf = async (orderId: string) => (await checks.findReservation(orderId))?.state;
  const silent = await check({ account: 'silent', venue: 'quiet' });
  const tied = await check({ account: 'tied', venue: 'quiet' });
  await t.box.clock.advance('PT31S');
  await checks.hearVenue({ venue: 'quiet', until: silent.validUntil! });
  expect(await codes({ account: 'silent', venue: 'quiet' })).toEqual(['position-exceeded']);
  await checks.hearOrder({ orderId: tied.orderId, what: 'placed' });
  await t.box.clock.advance('PT2S');
  expect(await checks.hearVenue({ venue: 'quiet', until: t.box.clock.now() })).toBe(t.box.clock.now());
  await expect.poll(() => stateOf(silent.orderId)).toBe('ended');
  expect(await checks.findReservation(silent.orderId)).toMatchObject({ endedHow: 'expired' });
  expect(await stateOf(tied.orderId)).toBe('working');
  expect(await codes({ account: 'silent', venue: 'quiet' })).toEqual(['allowed']);
});
