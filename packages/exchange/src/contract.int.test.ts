import { encodeCursor } from '@tse/core';
import { describeAdapter } from '@tse/testkit';
import { expect, test } from 'vitest';
import { type ExchangeAdapter, createExchangeAdapter } from './index.ts';
import { errorsOf, testExchange } from './test-exchange.ts';

const at = '2026-01-01T00:00:00Z';
const account = { accountId: 'alice', parentId: 'house' };
const changed = { ...account, version: 1, reason: 'because' };
const booking = { reference: 'r', asset: 'USD', amount: '1.5', at };
const page = { limit: 10 };
const order = {
  orderId: 'o',
  clientOrderId: 'c',
  ...account,
  symbol: 'BTC-USD',
  side: 'buy',
  quantity: '0.5',
  selfTradePrevention: 'none',
  riskCheckId: 'k',
  validUntil: at,
};
const limit = {
  ...order,
  type: 'limit',
  price: '29900.5',
  timeInForce: 'gtd',
  expiresAt: at,
  postOnly: true,
  pending: true,
};
const match = { symbol: 'BTC-USD', makerOrderId: 'm', takerOrderId: 't', price: '1.5', quantity: '0.5' };
const token = { accountId: 'alice', token: 'x'.repeat(43) };

const inputs = {
  'accounts.open': {
    accountId: 'a',
    parentId: 'p',
    ownerId: 'o',
    kind: 'customer',
    type: 'spot',
    feeTier: 'f',
    checkRequired: true,
    metadata: {},
  },
  'accounts.get': account,
  'accounts.find': account,
  'accounts.list': {
    ...page,
    parentId: 'p',
    ownerId: 'o',
    kind: 'house',
    type: 'margin',
    status: 'active',
    kycStatus: 'pending',
    cursor: encodeCursor(['a']),
  },
  'accounts.changeStatus': { ...changed, status: 'suspended' },
  'accounts.decideKyc': { ...changed, kycStatus: 'approved' },
  'accounts.configure': { ...changed, feeTier: 'vip', checkRequired: false, metadata: {} },
  'accounts.setOverdraft': { ...account, asset: 'USD', overdraft: '10.5', reason: 'because' },
  'accounts.listEvents': 'alice',
  'markets.registerAsset': { asset: 'BTC', scale: 8, name: 'Bitcoin' },
  'markets.open': {
    symbol: 'BTC-USD',
    tickSize: '0.01',
    lotSize: '0.001',
    minNotional: '1.5',
    maxPrice: '100000.5',
    maxQuantity: '1000.5',
    feeVersion: 1,
    feeAccountId: 'f',
    status: 'open',
  },
  'markets.change': { symbol: 'BTC-USD', status: 'halted', feeVersion: 2, version: 1, reason: 'because' },
  'markets.defineFees': { version: 7, tiers: [{ tier: 'standard', maker: '0.001', taker: '0.002' }] },
  'markets.list': { ...page, base: 'BTC', quote: 'USD', status: 'open' },
  'markets.find': 'BTC-USD',
  'markets.get': 'BTC-USD',
  'ledger.deposit': { ...booking, ...account, externalAccountId: 'external' },
  'ledger.withdraw': { ...booking, ...account, externalAccountId: 'external', holdId: 'manual:1' },
  'ledger.transfer': { ...booking, from: account, to: { accountId: 'bob', parentId: 'house' } },
  'ledger.adjust': {
    reference: 'r',
    reason: 'because',
    at,
    entries: [
      { ...account, asset: 'USD', amount: '1.5' },
      { accountId: 'bob', asset: 'USD', amount: '-1.5' },
    ],
  },
  'ledger.revert': { transactionId: 'deposit:r', reference: 'r2', reason: 'because', at },
  'ledger.listEntries': { ...account, ...page, asset: 'USD', from: at, to: at },
  'ledger.find': 'deposit:r',
  'ledger.get': 'deposit:r',
  'balances.list': account,
  'balances.get': { ...account, asset: 'USD' },
  'balances.getAt': { ...account, asset: 'USD', at },
  'holds.place': {
    ...account,
    kind: 'manual',
    reference: 'r',
    asset: 'USD',
    amount: '1.5',
    expiresAt: '2027-01-01T00:00:00Z',
  },
  'holds.release': { ...account, holdId: 'manual:r' },
  'holds.extend': { ...account, holdId: 'manual:r', expiresAt: '2027-01-01T00:00:00Z' },
  'holds.list': { ...account, ...page, kind: 'manual', state: 'open' },
  'holds.find': 'manual:r',
  'orders.place': limit,
  'orders.place (market)': { ...order, type: 'market', timeInForce: 'ioc', quoteBudget: '100.5' },
  'orders.cancel': { ...account, orderId: 'o', version: 1, reason: 'requested' },
  'orders.accept': { orderId: 'o' },
  'orders.replace': {
    ...account,
    orderId: 'o',
    version: 1,
    quantity: '0.5',
    price: '1.5',
    riskCheckId: 'k',
    validUntil: at,
  },
  'orders.reject': { ...account, orderId: 'o', reason: 'because' },
  'orders.requestChange': { ...account, orderId: 'o', change: 'cancel', reason: 'because' },
  'orders.refuseChange': { ...account, orderId: 'o', reason: 'because' },
  'orders.get': 'o',
  'orders.find': 'o',
  'orders.list': {
    ...account,
    ...page,
    symbol: 'BTC-USD',
    side: 'buy',
    status: ['new'],
    from: at,
    to: at,
    sort: 'oldest',
  },
  'orders.listOpen': { ...page, symbol: 'BTC-USD', side: 'sell' },
  'orders.listEvents': 'o',
  'matches.settle': [{ ...match, tradeId: 'x', matchedAt: at }],
  'matches.prevent': [{ ...match, preventionId: 'x', at }],
  'trades.find': 'x',
  'trades.listOfOrder': 'o',
  'trades.listOfMarket': { ...page, symbol: 'BTC-USD', from: at, to: at, sort: 'newest' },
  'trades.listOfAccount': { ...account, ...page, symbol: 'BTC-USD', side: 'buy', from: at, to: at },
  'orderBooks.depth': { symbol: 'BTC-USD', levels: 5 },
  'orderBooks.replay': { symbol: 'BTC-USD', sequence: 1 },
  'orderBooks.verify': 'BTC-USD',
  'orderBooks.rebuild': 'BTC-USD',
  'orderBooks.snapshot': 'BTC-USD',
  'sessions.start': { accountId: 'alice', ttlSeconds: 60 },
  'sessions.touch': token,
  'sessions.get': token,
  'sessions.end': token,
  'sessions.revokeAll': 'alice',
  'liabilities.snapshot': { snapshotId: 's' },
  'liabilities.prove': { ...account, snapshotId: 's', asset: 'USD' },
  'liabilities.list': page,
  'liabilities.find': 's',
  getAccountPortfolio: account,
};

describeAdapter<ExchangeAdapter>(createExchangeAdapter, {
  prepare: async (exchange) => {
    await exchange.markets.registerAsset({ asset: 'USD', scale: 10 });
    await exchange.accounts.open({ accountId: 'alice', ownerId: 'alice' });
  },
  read: (exchange) => exchange.accounts.get('alice', { fresh: true }),
  write: (exchange, reference) => exchange.ledger.deposit({ reference, accountId: 'alice', asset: 'USD', amount: '1' }),
  live: (exchange) => exchange.sessions.start({ accountId: 'alice' }),
  inputs,
  free: ['accounts.open.metadata', 'accounts.configure.metadata'],
  open: ['sessions.touch', 'sessions.get', 'sessions.end'],
});

const ports = [
  'accounts',
  'markets',
  'ledger',
  'balances',
  'holds',
  'orders',
  'matches',
  'trades',
  'orderBooks',
  'sessions',
  'liabilities',
] as const;
/** Without input, with two of them (below), or for workers alone. */
const others = [
  'markets.listAssets',
  'markets.listFees',
  'orders.findByClientOrderId',
  'orderBooks.watch',
  'holds.expireDue',
  'orders.expireDue',
  'orders.archive',
  'orderBooks.sync',
  'orderBooks.syncAll',
];

test('every method of every port is put to bad input', () => {
  const url = 'postgres://localhost/none';
  const exchange = createExchangeAdapter({ postgres: { url }, redis: { url: 'redis://localhost' }, workers: false });
  const methods = ports.flatMap((port) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(exchange[port]))
      .filter((name) => name !== 'constructor')
      .map((name) => `${port}.${name}`),
  );
  const attacked = Object.keys(inputs).map((name) => name.replace(/ .*/, ''));
  expect([...new Set([...attacked, ...others])].toSorted()).toEqual([...methods, 'getAccountPortfolio'].toSorted());
});

const hostile: unknown[] = [
  '',
  'a\0b',
  '\uD800',
  "'; drop table orders; --",
  '%',
  '__proto__ ',
  'x'.repeat(10_000_000),
  1,
  NaN,
  null,
  {},
  [],
  Symbol('s'),
  10n,
];

test('methods with two inputs, and those that watch, refuse each of them by its name', async () => {
  await using t = await testExchange({ options: { workers: false } });
  const { orders, orderBooks } = t.exchange;
  const before = await t.everything();
  const firstOf = async (symbol: unknown) => {
    for await (const depth of orderBooks.watch({ symbol: symbol as string })) return depth;
    return undefined;
  };
  for (const value of hostile as string[]) {
    const errors = await errorsOf([
      orders.findByClientOrderId(value, 'c'),
      orders.findByClientOrderId('alice', value),
      firstOf(value),
    ]);
    expect(errors).toMatchObject([
      { kind: 'invalid-input', issues: [{ path: expect.stringMatching(/^account/) }] },
      { kind: 'invalid-input', issues: [{ path: 'clientOrderId' }] },
      { kind: 'invalid-input', issues: [{ path: 'symbol' }] },
    ]);
  }
  expect(await t.everything()).toBe(before);
});

test('a forged cursor is refused by its name, or a place in the list; it breaks nothing', async () => {
  await using t = await testExchange({ options: { workers: false } });
  const { accounts, markets, ledger, holds, orders, trades, liabilities } = t.exchange;
  const alice = { accountId: 'alice' };
  const lists: [key: (string | number)[], list: (cursor: string) => PromiseLike<unknown>][] = [
    [['a'], (cursor) => accounts.list({ cursor })],
    [['BTC-USD'], (cursor) => markets.list({ cursor })],
    [[at, 1, 'deposit:r', 1], (cursor) => ledger.listEntries({ ...alice, asset: 'USD', cursor })],
    [['manual:r'], (cursor) => holds.list({ ...alice, cursor })],
    [[at, 'o'], (cursor) => orders.list({ ...alice, cursor })],
    [['buy', '1.5', 1], (cursor) => orders.listOpen({ symbol: 'BTC-USD', cursor })],
    [['buy', 'market', 1], (cursor) => orders.listOpen({ symbol: 'BTC-USD', cursor })],
    [[1], (cursor) => trades.listOfMarket({ symbol: 'BTC-USD', cursor })],
    [[at, 'o'], (cursor) => trades.listOfAccount({ ...alice, cursor })],
    [[at, 's'], (cursor) => liabilities.list({ cursor })],
  ];
  const forged = [
    '',
    'a\0b',
    '\uD800',
    "'",
    '0000-01-01T00:00:00Z',
    'infinity',
    'NaN',
    '1'.repeat(30),
    -1,
    0.5,
    2 ** 31,
    2 ** 53,
    null,
    [],
    {},
    true,
  ];
  for (const [key, list] of lists) {
    expect(await list(encodeCursor(key))).toHaveProperty('items');
    for (const [place] of key.entries()) {
      for (const value of forged) {
        const [error] = await errorsOf([list(encodeCursor(key.with(place, value as string)))]);
        if (typeof error !== 'string')
          expect(error, `${place}: ${JSON.stringify(value)}`).toMatchObject({
            kind: 'invalid-input',
            issues: [{ path: 'cursor' }],
          });
      }
    }
    const [error] = await errorsOf([list(encodeCursor([...key, 1]))]);
    expect(error).toMatchObject({ kind: 'invalid-input', issues: [{ path: 'cursor' }] });
  }
});
