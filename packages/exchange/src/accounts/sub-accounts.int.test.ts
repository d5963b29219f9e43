import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Hold, Order } from '../index.ts';
import { type TestExchange, errorsOf, testExchange } from '../test-exchange.ts';

let t: TestExchange;
let order: Order;
let hold: Hold;
const inside = { accountId: 'top/sub', parentId: 'top' };

beforeAll(async () => {
  t = await testExchange();
  await t.customer('top', { USD: '100' });
  await t.customer('top/sub', { USD: '100' }, 'top');
  await t.customer('other', { USD: '100' });
  order = await t.place({ ...inside, side: 'buy', price: '10', clientOrderId: 'c' });
  hold = await t.exchange.holds.place({ ...inside, kind: 'manual', reference: 'sub', asset: 'USD', amount: '5' });
  await t.exchange.liabilities.snapshot({ snapshotId: 'isolated' });
});
afterAll(() => t[Symbol.asyncDispose]());

test.each([
  { from: 'nowhere', scope: { accountId: 'top/sub' } },
  { from: 'another account', scope: { accountId: 'top/sub', parentId: 'other' } },
  { from: 'below', scope: { accountId: 'top', parentId: 'top/sub' } },
])('an account is not reached from $from, by any method, and nothing changes', async ({ scope }) => {
  const { accounts, balances, ledger, holds, orders, trades, liabilities } = t.exchange;
  const before = await t.everything();
  const booking = { ...scope, asset: 'USD', amount: '1', reference: 'stolen' };
  const other = { accountId: 'other' };
  const refused = {
    'unknown-account': [
      accounts.get(scope),
      accounts.changeStatus({ ...scope, status: 'suspended' }),
      accounts.decideKyc({ ...scope, kycStatus: 'approved' }),
      accounts.configure({ ...scope, checkRequired: true }),
      accounts.setOverdraft({ ...scope, asset: 'USD', overdraft: '1' }),
      balances.list(scope),
      balances.list(scope, { fresh: true }),
      balances.get({ ...scope, asset: 'USD' }),
      balances.getAt({ ...scope, asset: 'USD', at: '2026-01-01T00:00:00Z' }),
      ledger.deposit(booking),
      ledger.withdraw(booking),
      ledger.transfer({ reference: 'stolen', from: scope, to: other, asset: 'USD', amount: '1' }),
      ledger.transfer({ reference: 'given', from: other, to: scope, asset: 'USD', amount: '1' }),
      ledger.adjust({
        reference: 'adjusted',
        reason: 'r',
        entries: [
          { ...scope, asset: 'USD', amount: '1' },
          { ...other, asset: 'USD', amount: '-1' },
        ],
      }),
      holds.place({ ...booking, kind: 'manual' }),
      t.place({ ...scope, side: 'buy', price: '10' }),
      t.exchange.getAccountPortfolio(scope),
    ],
    'unknown-order': [
      orders.cancel({ ...scope, orderId: order.id }),
      orders.replace({ ...scope, orderId: order.id, version: 1, quantity: '2' }),
      orders.requestChange({ ...scope, orderId: order.id, change: 'cancel' }),
      orders.refuseChange({ ...scope, orderId: order.id }),
      orders.reject({ ...scope, orderId: order.id, reason: 'no' }),
    ],
    'unknown-hold': [holds.release({ ...scope, holdId: hold.holdId }), holds.extend({ ...scope, holdId: hold.holdId })],
    'unknown-balance': [liabilities.prove({ ...scope, snapshotId: 'isolated', asset: 'USD' })],
  };
  const codes = Object.entries(refused).flatMap(([code, calls]) => calls.map(() => ({ kind: 'not-found', code })));
  expect(await errorsOf(Object.values(refused).flat())).toMatchObject(codes);
  expect(await accounts.find(scope)).toBeUndefined();
  expect(await orders.findByClientOrderId(scope, 'c')).toBeUndefined();
  expect(await accounts.listEvents(scope)).toEqual([]);
  expect((await orders.list(scope)).items).toEqual([]);
  expect((await holds.list(scope)).items).toEqual([]);
  expect((await ledger.listEntries({ ...scope, asset: 'USD' })).items).toEqual([]);
  expect((await trades.listOfAccount(scope)).items).toEqual([]);
  expect(await t.everything()).toBe(before);
});

test('from its parent it is reached by all of them', async () => {
  const { accounts, ledger, holds, orders, liabilities } = t.exchange;
  expect(await accounts.get(inside)).toMatchObject(inside);
  expect((await accounts.list({ parentId: 'top' })).items).toMatchObject([inside]);
  expect((await accounts.list({ ownerId: 'someone' })).items.map(({ accountId }) => accountId)).toEqual([
    'other',
    'top',
  ]);
  expect((await orders.list(inside)).items).toMatchObject([{ id: order.id, ...inside }]);
  expect(await orders.findByClientOrderId(inside, 'c')).toMatchObject({ id: order.id });
  expect((await holds.list({ ...inside, kind: 'manual' })).items).toEqual([hold]);
  expect((await ledger.listEntries({ ...inside, asset: 'USD' })).items).toMatchObject([{ amount: '100' }]);
  expect(await liabilities.prove({ ...inside, snapshotId: 'isolated', asset: 'USD' })).toMatchObject({ amount: '100' });
  expect(await t.balances('top/sub', 'top')).toEqual({ BTC: ['0', '0', '0'], USD: ['84.98', '15.02', '100'] });
  expect(await t.balances('top')).toEqual({ USD: ['100', '0', '100'] });
});

test('there are no sub-accounts of sub-accounts, of themselves, of nobody, of the closed, nor other than customers', async () => {
  const { accounts } = t.exchange;
  await t.customer('tree');
  await t.customer('tree/leaf', {}, 'tree');
  await expect(t.customer('leaf/leaf', {}, 'tree/leaf')).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-parent',
  });
  await expect(t.customer('orphan', {}, 'nobody')).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-parent' });
  await expect(t.customer('tree', {}, 'tree')).rejects.toMatchObject({
    kind: 'invalid-input',
    issues: [{ path: 'parentId' }],
  });
  const house = accounts.open({ accountId: 'h', ownerId: 'o', parentId: 'tree', kind: 'house' });
  await expect(house).rejects.toMatchObject({ kind: 'invalid-input', issues: [{ path: 'kind' }] });
  await expect(accounts.changeStatus({ accountId: 'tree', status: 'closed' })).rejects.toMatchObject({
    code: 'account-not-empty',
  });
  await accounts.changeStatus({ accountId: 'tree/leaf', parentId: 'tree', status: 'closed' });
  await accounts.changeStatus({ accountId: 'tree', status: 'closed' });
  await expect(t.customer('late', {}, 'tree')).rejects.toMatchObject({ kind: 'conflict', code: 'parent-closed' });
});
