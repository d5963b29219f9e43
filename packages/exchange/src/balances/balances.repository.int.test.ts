import { decimal, instant, queryBuilder } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../schema.ts';
import { type TestExchange, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

const unknown = { kind: 'not-found', code: 'unknown-account' };

test('available and held are the total, whatever happens to them', async () => {
  const { balances, holds, orders, matches } = t.exchange;
  await t.customer('sum', { USD: '1000', BTC: '1' });
  await t.customer('cpty', { BTC: '3' });
  const consistent = async (expected: object) => {
    for (const { available, held, total } of await balances.list('sum', { fresh: true }))
      expect(decimal.plus(available, held)).toBe(total);
    expect(await t.balances('sum')).toMatchObject(expected);
  };
  await consistent({ USD: ['1000', '0', '1000'] });
  const hold = await holds.place({
    kind: 'manual',
    reference: 's',
    accountId: 'sum',
    asset: 'USD',
    amount: '0.0000000001',
  });
  await consistent({ USD: ['999.9999999999', '0.0000000001', '1000'] });
  const buy = await t.place({ accountId: 'sum', side: 'buy', quantity: '2' });
  await consistent({ USD: ['799.5999999999', '200.4000000001', '1000'] });
  const sell = await t.place({ accountId: 'cpty', side: 'sell', price: '90' });
  await matches.settle([t.match(sell, buy)]);
  await consistent({ USD: ['799.5999999999', '110.2200000001', '909.82'], BTC: ['2', '0', '2'] });
  await orders.cancel({ accountId: 'sum', orderId: buy.id });
  await holds.release({ accountId: 'sum', holdId: hold.holdId });
  await consistent({ USD: ['909.82', '0', '909.82'], BTC: ['2', '0', '2'] });
});

test('an asset that never was booked is zero, an account that never was opened is not found', async () => {
  const { balances } = t.exchange;
  await t.customer('empty');
  expect(await balances.list('empty')).toEqual([]);
  expect(await balances.get({ accountId: 'empty', asset: 'USD' })).toEqual({
    asset: 'USD',
    available: '0',
    held: '0',
    total: '0',
    version: 0,
  });
  await expect(balances.list('nobody')).rejects.toMatchObject(unknown);
  await expect(balances.get({ accountId: 'nobody', asset: 'USD' })).rejects.toMatchObject(unknown);
  await expect(balances.getAt({ accountId: 'nobody', asset: 'USD', at: new Date() })).rejects.toMatchObject(unknown);
});

test('a balance of the past is what the journal says of that moment, for customers and for folded accounts', async () => {
  const { balances, ledger } = t.exchange;
  await t.customer('past');
  const moments: string[] = [];
  for (const [i, amount] of ['1', '2', '4'].entries()) {
    const booked = await ledger.deposit({ reference: `past-${i}`, accountId: 'past', asset: 'USDT', amount });
    moments.push(booked.recordedAt);
  }
  const totals = async (accountId: string, at: string | Date) =>
    (await balances.getAt({ accountId, asset: 'USDT', at })).total;
  expect(await Promise.all(moments.map((at) => totals('past', at)))).toEqual(['1', '3', '7']);
  expect(await Promise.all(moments.map((at) => totals('external', at)))).toEqual(['-1', '-3', '-7']);
  const before = instant.fromMicros(instant.micros(instant.of(moments[1]!)) - 1n);
  expect(await totals('past', before)).toBe('1');
  expect(await totals('past', '1970-01-01T00:00:00Z')).toBe('0');
  expect(await totals('past', '9999-12-31T23:59:59.999999Z')).toBe('7');
});

test('a past balance is final once no statement can still write before it', async () => {
  const { balances } = t.exchange;
  await t.customer('final', { USD: '1' });
  const at = (millis: number) =>
    balances.getAt({ accountId: 'final', asset: 'USD', at: new Date(Date.now() + millis) });
  // Past the millisecond in which it was deposited.
  expect(await at(1)).toMatchObject({ total: '1', final: false });
  expect(await at(-60_000)).toMatchObject({ total: '0', final: true });
});

test('whoever comes first to a new balance, its past adds up', async () => {
  const { balances, ledger } = t.exchange;
  for (let round = 0; round < 10; round += 1) {
    const accountId = `first-${round}`;
    await t.customer(accountId);
    const one = { accountId, asset: 'USD', amount: '1' };
    await Promise.all(Array.from({ length: 8 }, (_, i) => ledger.deposit({ ...one, reference: `${accountId}/${i}` })));
    const { total } = await balances.getAt({ accountId, asset: 'USD', at: '9999-01-01T00:00:00Z' });
    expect(total).toBe((await t.balances(accountId))['USD']![2]);
    const lines = await Array.fromAsync(ledger.listEntries({ accountId, asset: 'USD' }));
    expect(lines.map(({ balanceAfter }) => balanceAfter)).toEqual(lines.map((_, i) => String(i + 1)));
  }
});

test('fees that every trade brings add up at once, and stay so when they are folded', async () => {
  const { balances, matches } = t.exchange;
  const { total: start, version } = await balances.get({ accountId: 'fees', asset: 'USD' });
  await t.customer('b', { USD: '100000' });
  await t.customer('s', { BTC: '100' });
  const found = [];
  for (let i = 0; i < 20; i += 1)
    found.push(
      t.match(await t.place({ accountId: 's', side: 'sell' }), await t.place({ accountId: 'b', side: 'buy' })),
    );
  const settled = await Promise.all(found.map((match) => matches.settle([match])));
  expect(settled.flat().every(({ ok }) => ok)).toBe(true);
  // 100 × (0.001 + 0.002), twenty times.
  const total = decimal.plus(start, '6');
  const left = queryBuilder<Tables>().selectFrom('balance_deltas').select('amount');
  for (let waiting = true; waiting; waiting = (await t.stores.pg.query('test', 'read', left)).length > 0) {
    expect((await balances.get({ accountId: 'fees', asset: 'USD' })).total).toBe(total);
  }
  expect((await balances.get({ accountId: 'fees', asset: 'USD' })).version).toBeGreaterThan(version);
});
