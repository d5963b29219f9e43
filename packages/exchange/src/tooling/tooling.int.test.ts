import type { Facts } from '@tse/core/admin';
import { queryBuilder } from '@tse/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../schema.ts';
import { type TestExchange, testExchange } from '../test-exchange.ts';
import { tooling } from './tooling.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange({ bare: true });
});
afterAll(() => t[Symbol.asyncDispose]());

const context = () => ({
  options: { ...t.box.options('exchange'), workers: false },
  progress: () => {},
  signal: new AbortController().signal,
});
const verify = async () => {
  await using facts: Facts = await t.facts();
  return await tooling.verify!({ ...context(), facts, factsOf: () => Promise.resolve(undefined) });
};
const spoil = (query: ReturnType<typeof sql>) =>
  t.stores.pg.query('test', 'write', { compile: () => query.compile(queryBuilder<Tables>()) });

test('seeding again changes nothing', async () => {
  const seeded = await tooling.seed!(context());
  expect(seeded).toMatchObject({
    assets: expect.any(Number),
    markets: expect.any(Number),
    accounts: expect.any(Number),
  });
  const before = await t.everything();
  expect(await tooling.seed!(context())).toEqual(seeded);
  expect(await t.everything()).toBe(before);
  expect((await t.exchange.markets.list()).items.map(({ symbol }) => symbol)).toContain('ETH-USDT');
  expect(await t.balances('bob')).toMatchObject({ BTC: ['10', '0', '10'] });
});

test('what holds is said to hold, with how much was compared', async () => {
  const sell = await t.place({ accountId: 'bob', side: 'sell', quantity: '2' });
  const buy = await t.place({ accountId: 'alice', side: 'buy' });
  await t.exchange.matches.settle([t.match(sell, buy)]);
  const [ledger, book] = await verify();
  expect(ledger).toMatchObject({ name: 'ledger', ok: true, differences: [] });
  expect(book).toMatchObject({ name: 'book', ok: true, differences: [] });
  expect(ledger!.compared).toBeGreaterThan(20);
  expect(book!.compared).toBeGreaterThan(1);
});

test.each([
  {
    what: 'a posted amount',
    by: sql`update balances set posted = posted + 1 where account_id = 'carol' and asset = 'USD'`,
    back: sql`update balances set posted = posted - 1 where account_id = 'carol' and asset = 'USD'`,
    says: /carol USD: posted 1000001, entries 1000000/,
  },
  {
    what: 'a held amount',
    by: sql`update balances set held = held + 1 where account_id = 'carol' and asset = 'USD'`,
    back: sql`update balances set held = held - 1 where account_id = 'carol' and asset = 'USD'`,
    says: /carol USD: held 1, holds 0/,
  },
  {
    what: 'the hold of a working order',
    by: sql`update holds set amount = amount - 0.5 where kind = 'in-order' and state = 'open'`,
    back: sql`update holds set amount = amount + 0.5 where kind = 'in-order' and state = 'open'`,
    says: /order .*: its hold has 0.5/,
  },
  {
    what: 'a folded amount',
    by: sql`insert into balance_deltas (account_id, asset, amount) values ('fees', 'USD', 1)`,
    back: sql`insert into balance_deltas (account_id, asset, amount) values ('fees', 'USD', -1)`,
    says: /fees USD/,
  },
])('$what that is wrong is found, and named', async ({ by, back, says }) => {
  await spoil(by);
  const [ledger] = await verify();
  expect(ledger).toMatchObject({ ok: false });
  expect(ledger!.differences!.join('\n')).toMatch(says);
  await spoil(back);
  expect((await verify())[0]).toMatchObject({ ok: true });
});

test('a book that is wrong is found, and named', async () => {
  const { symbol, id } = (await t.exchange.orders.listOpen({ symbol: 'BTC-USD' })).items[0]!;
  const key = `${t.exchange.identity.prefix}:order-book:{${symbol}}:orders`;
  await t.exchange.orderBooks.depth({ symbol }, { fresh: true });
  const right = await t.stores.redis.read('test', (redis) => redis.hget(key, id));
  await t.stores.redis.write('test', (redis) => redis.hdel(key, id));
  expect((await verify())[1]).toMatchObject({
    name: 'book',
    ok: false,
    differences: [expect.stringContaining(symbol)],
  });
  await t.stores.redis.write('test', (redis) => redis.hset(key, id, right!));
  expect((await verify())[1]).toMatchObject({ ok: true });
});
