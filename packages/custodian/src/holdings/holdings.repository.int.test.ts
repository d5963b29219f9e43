import { decimal } from '@tse/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCustodian, errorsOf, testCustodian } from '../test-custodian.ts';

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const between = (reference: string, from: string, to: string, amount: string, asset = 'USD') => ({
  reference,
  reason: 'test',
  movements: [
    { accountId: from, asset, amount: decimal.negate(amount) },
    { accountId: to, asset, amount },
  ],
});

test('a holding of two and a half bitcoin reads back exact, with another asset beside it, and changes by what moves', async () => {
  await t.client('pos', { BTC: '2.5', ETH: '10.000000000000000001' });
  const { holdings } = t.custodian;
  expect(await t.holdings('pos')).toEqual({ BTC: ['2.5', '0'], ETH: ['10.000000000000000001', '0'] });
  await holdings.adjust(between('pos-1', 'pos', 'external', '0.5', 'BTC'));
  expect(await holdings.get({ accountId: 'pos', asset: 'BTC' })).toMatchObject({ settled: '2', available: '2' });
  expect(await holdings.get({ accountId: 'pos', asset: 'SOL' })).toMatchObject({ settled: '0', version: 0 });
  await holdings.adjust(between('pos-2', 'pos', 'external', '2', 'BTC'));
  const movements = (await holdings.listMovements({ accountId: 'pos', asset: 'BTC' })).items;
  expect(movements.map(({ amount, holdingAfter }) => [amount, holdingAfter])).toEqual([
    ['2.5', '2.5'],
    ['-0.5', '2'],
    ['-2', '0'],
  ]);
  const [first] = movements;
  expect(await holdings.getAt({ accountId: 'pos', asset: 'BTC', at: first!.recordedAt })).toMatchObject({
    settled: '2.5',
  });
});

test('an adjustment is booked once: the same again is the first one, other content a conflict', async () => {
  await t.client('once');
  const input = between('once-1', 'external', 'once', '5');
  const booked = await Promise.all(Array.from({ length: 8 }, () => t.custodian.holdings.adjust(input)));
  expect(new Set(booked.map((transaction) => JSON.stringify(transaction))).size).toBe(1);
  expect(booked[0]).toMatchObject({ transactionId: 'adjustment:once-1', kind: 'adjustment', reason: 'test' });
  expect(await t.holdings('once')).toEqual({ USD: ['5', '0'] });
  await expect(t.custodian.holdings.adjust(between('once-1', 'external', 'once', '6'))).rejects.toMatchObject({
    code: 'id-conflict',
  });
});

test('what does not balance, has no holder or is not there is refused and changes nothing', async () => {
  await t.client('rich', { USD: '10' });
  await t.client('poor');
  await t.client('gone');
  await t.custodian.accounts.changeStatus({ accountId: 'gone', status: 'closed' });
  const before = await t.everything();
  const { adjust } = { adjust: t.custodian.holdings.adjust.bind(t.custodian.holdings) };
  const uneven = between('x', 'rich', 'poor', '1');
  const errors = await errorsOf([
    adjust({ ...uneven, movements: [uneven.movements[0]!, { ...uneven.movements[1]!, amount: '2' }] }),
    adjust(between('x', 'rich', 'nobody', '1')),
    adjust(between('x', 'rich', 'omnibus', '1')),
    adjust(between('x', 'rich', 'gone', '1')),
    adjust(between('x', 'poor', 'rich', '1')),
    adjust(between('x', 'rich', 'poor', '10.000000000000000001')),
    adjust(between('x', 'external', 'rich', '99999999999999999999')),
  ]);
  expect(errors).toMatchObject([
    { kind: 'invalid-input', code: 'unbalanced' },
    { kind: 'not-found', code: 'unknown-account' },
    { kind: 'conflict', code: 'not-a-holder' },
    { kind: 'conflict', code: 'account-closed' },
    { kind: 'conflict', code: 'insufficient-holdings' },
    { kind: 'conflict', code: 'insufficient-holdings' },
    { kind: 'invalid-input', code: 'out-of-range' },
  ]);
  expect(await t.everything()).toBe(before);
});

test('what is reserved cannot move or be reserved again; released it is free', async () => {
  const { holdings } = t.custodian;
  await t.client('lock', { BTC: '2.5' });
  const lock = { reference: 'lock-1', accountId: 'lock', asset: 'BTC', amount: '2' };
  const reserved = await holdings.reserve(lock);
  expect(reserved).toMatchObject({ reservationId: 'manual:lock-1', state: 'open', amount: '2', used: '0' });
  expect(await holdings.reserve(lock)).toEqual(reserved);
  expect(await holdings.get({ accountId: 'lock', asset: 'BTC' })).toMatchObject({ reserved: '2', available: '0.5' });
  expect(
    await errorsOf([
      holdings.reserve({ ...lock, amount: '1' }),
      holdings.reserve({ ...lock, reference: 'lock-2', amount: '0.6' }),
      holdings.reserve({ ...lock, reference: 'lock-3', accountId: 'omnibus' }),
      holdings.reserve({ ...lock, reference: 'lock-4', accountId: 'nobody' }),
      holdings.adjust(between('lock-5', 'lock', 'external', '0.6', 'BTC')),
    ]),
  ).toMatchObject([
    { code: 'id-conflict' },
    { code: 'insufficient-holdings' },
    { code: 'not-a-holder' },
    { code: 'unknown-account' },
    { code: 'insufficient-holdings' },
  ]);
  const released = await holdings.release({ reservationId: 'manual:lock-1' });
  expect(released).toMatchObject({ state: 'released', released: '2' });
  expect(await holdings.release({ reservationId: 'manual:lock-1' })).toEqual(released);
  expect(await t.holdings('lock')).toEqual({ BTC: ['2.5', '0'] });
  expect((await holdings.listReservations({ accountId: 'lock', state: 'released' })).items).toEqual([released]);
  await expect(holdings.release({ reservationId: 'transfer:other' })).rejects.toMatchObject({
    code: 'unknown-reservation',
  });
});

test('an omnibus account holds the sum of its clients, and one client never pays for another', async () => {
  await using own = await testCustodian({ options: { workers: false } });
  await own.client('a', { USD: '10', BTC: '1' });
  await own.client('b', { USD: '5.5' });
  const { holdings } = own.custodian;
  await holdings.reserve({ reference: 'r', accountId: 'b', asset: 'USD', amount: '5' });
  expect(await holdings.total('omnibus')).toEqual([
    { accountId: 'omnibus', asset: 'BTC', settled: '1', reserved: '0', available: '1' },
    { accountId: 'omnibus', asset: 'USD', settled: '15.5', reserved: '5', available: '10.5' },
  ]);
  expect(await holdings.total('master')).toMatchObject([{ settled: '1' }, { settled: '15.5' }]);
  await expect(holdings.adjust(between('x', 'b', 'external', '6'))).rejects.toMatchObject({
    code: 'insufficient-holdings',
  });
  await expect(holdings.total('nobody')).rejects.toMatchObject({ code: 'unknown-account' });
});

test('whatever moves at once, in whatever order of accounts, ends; assets are neither made nor lost', async () => {
  await using own = await testCustodian({ options: { workers: false } });
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) await own.client(name, { USD: '100', BTC: '100' });
  const moves = fc.array(
    fc.record({
      from: fc.constantFrom(...names),
      to: fc.constantFrom(...names),
      usd: fc.integer({ min: 1, max: 80 }),
      btc: fc.integer({ min: 1, max: 80 }),
    }),
    { minLength: 5, maxLength: 25 },
  );
  let run = 0;
  await fc.assert(
    fc.asyncProperty(moves, async (all) => {
      run += 1;
      const outcomes = await Promise.allSettled(
        all.map(({ from, to, usd, btc }, i) =>
          own.custodian.holdings.adjust({
            reference: `${run}/${i}`,
            reason: 'test',
            movements: [
              { accountId: from, asset: 'USD', amount: `-${usd}` },
              { accountId: to, asset: 'BTC', amount: `-${btc}` },
              { accountId: to, asset: 'USD', amount: `${usd}` },
              { accountId: from, asset: 'BTC', amount: `${btc}` },
            ],
          }),
        ),
      );
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'insufficient-holdings' });
      expect(await own.custodian.holdings.total('omnibus')).toMatchObject([{ settled: '400' }, { settled: '400' }]);
    }),
    { numRuns: 15 },
  );
  await using facts = await own.facts();
  expect(
    await facts.query(
      'select h.account_id from facts_holdings as h where settled <> (select sum(amount) from facts_movements as m where m.account_id = h.account_id and m.asset = h.asset)',
    ),
  ).toEqual([]);
});
