import { afterAll, beforeAll, expect, test } from 'vitest';
import { SYMBOL, type TestExchange, testExchange } from '../test-exchange.ts';

let t: TestExchange;
beforeAll(async () => {
  t = await testExchange();
});
afterAll(() => t[Symbol.asyncDispose]());

test('a portfolio is an account with balances, holds, working orders and sub-accounts, of one moment', async () => {
  const { exchange } = t;
  await t.customer('p', { USD: '1000', BTC: '2' });
  await t.customer('p/a', { USD: '50' }, 'p');
  await t.customer('p/b', {}, 'p');
  await exchange.accounts.setOverdraft({ accountId: 'p', asset: 'USD', overdraft: '10' });
  const buy = await t.place({
    accountId: 'p',
    side: 'buy',
    timeInForce: 'day',
    riskCheckId: 'k',
    validUntil: '2026-01-01T01:00:00Z',
  });
  const market = await t.place({ accountId: 'p', side: 'buy', type: 'market', quoteBudget: '10.5' });
  const gone = await t.place({ accountId: 'p', side: 'buy' });
  await exchange.orders.cancel({ accountId: 'p', orderId: gone.id });
  await exchange.holds.place({
    kind: 'in-withdrawal',
    reference: 'w',
    accountId: 'p/a',
    parentId: 'p',
    asset: 'USD',
    amount: '7',
  });
  const sub = await t.place({ accountId: 'p/a', parentId: 'p', side: 'buy', price: '10' });

  const portfolio = await exchange.getAccountPortfolio('p');
  expect(portfolio).toEqual({
    account: await exchange.accounts.get('p'),
    balances: [
      { asset: 'BTC', available: '2', held: '0', total: '2' },
      { asset: 'USD', available: '899.279', held: '110.721', total: '1000' },
    ],
    held: [{ asset: 'USD', kind: 'in-order', amount: '110.721' }],
    openOrders: [await exchange.orders.get(buy.id), await exchange.orders.get(market.id)],
    subAccounts: [
      {
        account: await exchange.accounts.get({ accountId: 'p/a', parentId: 'p' }),
        balances: [
          { asset: 'BTC', available: '0', held: '0', total: '0' },
          { asset: 'USD', available: '32.98', held: '17.02', total: '50' },
        ],
        held: [
          { asset: 'USD', kind: 'in-order', amount: '10.02' },
          { asset: 'USD', kind: 'in-withdrawal', amount: '7' },
        ],
      },
      { account: await exchange.accounts.get({ accountId: 'p/b', parentId: 'p' }), balances: [], held: [] },
    ],
    lastPrices: {},
    asOf: expect.any(String),
  });
  expect(await exchange.getAccountPortfolio({ accountId: 'p/a', parentId: 'p' })).toMatchObject({
    openOrders: [{ id: sub.id, parentId: 'p' }],
    subAccounts: [],
  });
  await expect(exchange.getAccountPortfolio('nobody')).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-account',
  });
});

test('order, trade, balance: each step is seen in the portfolio of both at once', async () => {
  const { exchange } = t;
  await t.customer('alice', { USD: '10000' });
  await t.customer('bob', { BTC: '1' });
  await exchange.accounts.decideKyc({ accountId: 'alice', kycStatus: 'approved' });
  const sell = await t.place({ accountId: 'bob', side: 'sell', price: '29900', quantity: '0.1' });
  const buy = await t.place({ accountId: 'alice', side: 'buy', price: '30000', quantity: '0.1' });
  expect(await exchange.getAccountPortfolio('alice')).toMatchObject({
    balances: [
      { asset: 'BTC', total: '0' },
      { asset: 'USD', held: '3006' },
    ],
    openOrders: [{ id: buy.id }],
  });
  await exchange.matches.settle([t.match(sell, buy)]);
  expect(await exchange.getAccountPortfolio('alice')).toMatchObject({
    account: { kycStatus: 'approved' },
    balances: [
      { asset: 'BTC', available: '0.1' },
      { asset: 'USD', available: '7004.02', held: '0', total: '7004.02' },
    ],
    held: [],
    openOrders: [],
    lastPrices: { [SYMBOL]: '29900' },
  });
  expect((await exchange.getAccountPortfolio('bob')).balances).toMatchObject([
    { asset: 'BTC', total: '0.9' },
    { asset: 'USD', total: '2987.01' },
  ]);
});

test('what is read at one moment adds up, however much is going on', async () => {
  const { exchange } = t;
  await t.customer('busy', { USD: '10000', BTC: '100' });
  let done = false;
  const working = (async () => {
    for (let i = 0; i < 12; i += 1) {
      const [sell, buy] = await Promise.all([
        t.place({ accountId: 'bob', side: 'sell', quantity: '0.01' }),
        t.place({ accountId: 'busy', side: 'buy', quantity: '0.02' }),
      ]);
      await exchange.matches.settle([t.match(sell, buy)]);
      await exchange.orders.cancel({ accountId: 'busy', orderId: buy.id });
    }
    done = true;
  })();
  for (let reads = 0; !done; reads += 1) {
    const { held, balances, openOrders } = await exchange.getAccountPortfolio('busy');
    const usd = held.find(({ asset }) => asset === 'USD')?.amount ?? '0';
    expect(balances.find(({ asset }) => asset === 'USD')!.held).toBe(usd);
    expect(openOrders.length > 0).toBe(usd !== '0');
  }
  await working;
});
