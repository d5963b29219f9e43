import { queryBuilder } from '@tse/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../schema.ts';
import { SYMBOL, type TestRisk, testRisk } from '../test-risk.ts';
import { tooling } from './tooling.ts';

let t: TestRisk;
beforeAll(async () => {
  t = await testRisk({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const context = () => ({
  options: { ...t.box.options('risk'), workers: false },
  progress: () => {},
  signal: new AbortController().signal,
});
const verify = async () => {
  await using facts = await t.facts();
  return await tooling.verify!({ ...context(), facts, factsOf: () => Promise.resolve(undefined) });
};
const spoil = (query: ReturnType<typeof sql>) =>
  t.stores.pg.query('test', 'write', { compile: () => query.compile(queryBuilder<Tables>()) });

test('seeding again changes nothing', async () => {
  const seeded = await tooling.seed!(context());
  const before = await t.everything();
  expect(await tooling.seed!(context())).toEqual(seeded);
  expect(await t.everything()).toBe(before);
  expect((await t.risk.limits.list()).items.map(({ limitId }) => limitId)).toContain('firm-gross');
});

test('what holds is said to hold, with how much was compared', async () => {
  const { checks, positions, breaches, limits } = t.risk;
  const order = { account: 'alice', symbol: SYMBOL, side: 'buy', quantity: '3', price: '30000' } as const;
  await checks.check({ ...order, orderId: 'o1', strategy: 's' });
  await checks.check({ ...order, orderId: 'o2', side: 'sell' });
  await positions.applyFill({ ...t.fillOf({ sequence: 10, orderId: 'o1', quantity: '2' }), fee: '3', feeAsset: 'USD' });
  await limits.define({ metric: 'open-orders', scope: { strategy: 's' }, hard: '9' });
  await limits.define({ metric: 'position', scope: { account: 'carol' }, hard: '1' });
  await breaches.evaluate();
  const verified = await verify();
  expect(verified.map(({ name, ok, differences }) => [name, ok, differences])).toEqual([
    ['fills', true, []],
    ['reservations', true, []],
    ['breaches', true, []],
    ['positions', true, []],
    ['permission', true, []],
    ['fence', true, []],
  ]);
  const compared = verified.map((each) => each.compared);
  expect(compared.map((count) => count > 0)).toEqual([true, true, true, false, false, false]);
  expect(verified[3]!.what).toMatch('exchange is not on this server');
});

test.each([
  [
    'a position',
    sql`update venue_positions set qty = qty + 1 where account_id = 'bob'`,
    sql`update venue_positions set qty = qty - 1 where account_id = 'bob'`,
    /bob exchange BTC-USD: 3, fills 2/,
  ],
  [
    'a count',
    sql`update exposures set net_qty = net_qty + 1 where scope = 'firm'`,
    sql`update exposures set net_qty = net_qty - 1 where scope = 'firm'`,
    /firm BTC-USD: counts/,
  ],
  [
    'a holding',
    sql`update holdings set amount = amount + 1 where account_id = 'bob' and asset = 'USD'`,
    sql`update holdings set amount = amount - 1 where account_id = 'bob' and asset = 'USD'`,
    /bob holds/,
  ],
  [
    'a reserved amount',
    sql`update exposures set selling = selling + 1 where scope = 'account:alice'`,
    sql`update exposures set selling = selling - 1 where scope = 'account:alice'`,
    /account:alice BTC-USD: reserved/,
  ],
  ['a peak', sql`update breaches set peak = peak - 1`, sql`update breaches set peak = peak + 1`, /above its peak/],
])('%s that is wrong is found, and named', async (_, by, back, says) => {
  await spoil(by);
  const differences = (await verify()).flatMap((each) => each.differences ?? []);
  expect(differences.join('\n')).toMatch(says);
  await spoil(back);
  expect((await verify()).every(({ ok }) => ok)).toBe(true);
});
