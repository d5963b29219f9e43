import { queryBuilder } from '@tse/core';
import type { Facts } from '@tse/core/admin';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../schema.ts';
import { type TestCustodian, testCustodian } from '../test-custodian.ts';
import { tooling } from './tooling.ts';

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian({ bare: true, start: '2026-01-03T00:00:00Z', options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const context = () => ({
  options: { ...t.box.options('custodian'), workers: false },
  progress: () => {},
  signal: new AbortController().signal,
});
const verify = async (name: string) => {
  await using facts: Facts = await t.facts();
  return (await tooling.verify!({ factsOf: () => Promise.resolve(undefined), ...context(), facts })).find(
    (one) => one.name === name,
  )!;
};
const spoil = (query: ReturnType<typeof sql>) =>
  t.stores.pg.query('test', 'write', { compile: () => query.compile(queryBuilder<Tables>()) });

test('seeding again changes nothing', async () => {
  const seeded = await tooling.seed!(context());
  const before = await t.everything();
  expect(await tooling.seed!(context())).toEqual(seeded);
  expect(await t.everything()).toBe(before);
  expect(seeded).toMatchObject({ accounts: 7, settlements: 2 });
  expect(await t.holdings('client/alice')).toMatchObject({ BTC: ['9.6', '0'], USD: ['997004.02', '0'] });
});

test('what holds is said to hold, with how much was compared', async () => {
  const pay = (reference: string, from: string, to: string) => ({
    source: 'test',
    reference,
    cycle: 0 as const,
    tradedAt: '2026-01-02T15:00:00Z',
    legs: [{ kind: 'payment' as const, from, to, asset: 'USDT', quantity: '1' }],
  });
  await t.custodian.settlements.process([
    pay('1', 'client/alice', 'client/bob'),
    { ...pay('2', 'client/alice', 'client/bob'), cycle: 3 },
    { ...pay('3', 'client/bob', 'client/carol'), cycle: 3 },
  ]);
  await t.custodian.netting.net({
    nettingBatchId: 'n',
    source: 'test',
    intendedDate: '2026-01-05',
    cutoffAt: '2026-01-04T00:00:00Z',
  });
  await t.custodian.holdings.reserve({ reference: 'r', accountId: 'client/carol', asset: 'BTC', amount: '1' });
  for (const name of ['holdings', 'settlements']) {
    const verified = await verify(name);
    expect(verified).toMatchObject({ name, ok: true, differences: [] });
    expect(verified.compared).toBeGreaterThan(10);
  }
});

test.each([
  {
    what: 'a settled holding',
    of: 'holdings',
    by: sql`update holdings set settled = settled + 1 where account_id = 'client/carol' and asset = 'USD'`,
    back: sql`update holdings set settled = settled - 1 where account_id = 'client/carol' and asset = 'USD'`,
    says: /client\/carol USD: settled 1000001, movements 1000000/,
  },
  {
    what: 'a reserved holding',
    of: 'holdings',
    by: sql`update holdings set reserved = reserved + 1 where account_id = 'client/carol' and asset = 'BTC'`,
    back: sql`update holdings set reserved = reserved - 1 where account_id = 'client/carol' and asset = 'BTC'`,
    says: /client\/carol BTC: reserved 2, reservations 1/,
  },
  {
    what: 'an instruction that says it settled',
    of: 'settlements',
    by: sql`update settlement_instructions set status = 'settled', settled_lots = 1, closed_at = registered_at where id = 'seed-2'`,
    back: sql`update settlement_instructions set status = 'pending', settled_lots = 0, closed_at = null where id = 'seed-2'`,
    says: /seed-2/,
  },
  {
    what: 'an instruction that left its batch',
    of: 'settlements',
    by: sql`update settlement_instructions set netting_batch_id = 'other' where reference = '2' and source = 'test'`,
    back: sql`update settlement_instructions set netting_batch_id = 'n' where reference = '2' and source = 'test'`,
    says: /batch n/,
  },
])('$what that is wrong is found, and named', async ({ of, by, back, says }) => {
  await spoil(by);
  const wrong = await verify(of);
  expect(wrong.ok).toBe(false);
  expect(wrong.differences!.join('\n')).toMatch(says);
  await spoil(back);
  expect(await verify(of)).toMatchObject({ ok: true });
});
