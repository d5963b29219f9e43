import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestRisk, errorsOf, testRisk } from '../test-risk.ts';

let t: TestRisk;
beforeAll(async () => {
  t = await testRisk({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

let moved = 0;
const move = (
  account: string,
  asset: string,
  amount: string,
  kind: 'deposit' | 'withdrawal' | 'funding' = 'deposit',
) => {
  moved += 1;
  return t.risk.pnl.moveFunds({ movementId: `m${moved}`, account, kind, asset, amount, at: t.box.clock.now() });
};
const value = async (account: string) => {
  await t.risk.pnl.markToMarket({ accounts: [account] });
  return t.risk.pnl.get({ account }, { fresh: true });
};

test('equity and its parts add up to the digit: realized, unrealized, fees, funding, and what rates did', async () => {
  const { positions } = t.risk;
  await move('alice', 'USD', '10000');
  await t.mark('BTC-USD', '30000');
  expect(await value('alice')).toMatchObject({ equity: '10000', total: '0', highWater: '10000', drawdown: 0 });
  await positions.applyFill(
    t.fillOf({ account: 'alice', quantity: '0.1', price: '29900', fee: '5.98', feeAsset: 'USD' }),
  );
  expect(await value('alice')).toMatchObject({
    equity: '10004.02',
    flows: '10000',
    realized: '0',
    unrealized: '10',
    fees: '-5.98',
    funding: '0',
    fx: '0',
    total: '4.02',
    day: { tradingDay: '2026-01-01', result: '4.02' },
    highWater: '10004.02',
    unpriced: [],
  });
  await positions.applyFill(t.fillOf({ account: 'alice', side: 'sell', quantity: '0.05', price: '30100' }));
  await move('alice', 'USD', '-1.5', 'funding');
  await t.mark('BTC-USD', '28000');
  expect(await value('alice')).toMatchObject({
    realized: '10',
    unrealized: '-95',
    fees: '-5.98',
    funding: '-1.5',
    fx: '0',
    total: '-92.48',
  });
  // Coins that were brought along are no position: their change of worth is what rates did.
  await move('alice', 'BTC', '1');
  expect(await value('alice')).toMatchObject({ flows: '38000', fx: '0', total: '-92.48' });
  await t.mark('BTC-USD', '28100');
  expect(await value('alice')).toMatchObject({ unrealized: '-90', fx: '100', total: '12.52' });
});

test('capital that comes or goes is neither a result, a recovery nor a loss', async () => {
  await move('cap', 'USD', '1000');
  await t.risk.positions.applyFill(t.fillOf({ account: 'cap', symbol: 'ETH-USD', quantity: '10', price: '50' }));
  await t.mark('ETH-USD', '50');
  await value('cap');
  await t.mark('ETH-USD', '40');
  expect(await value('cap')).toMatchObject({ equity: '900', drawdown: 0.1, highWater: '1000' });
  await move('cap', 'USD', '1000');
  const { drawdown, highWater, day } = await value('cap');
  expect([highWater, drawdown, day?.result]).toEqual(['2000', 0.05, '-100']);
  await move('cap', 'USD', '-1500', 'withdrawal');
  expect(await value('cap')).toMatchObject({ highWater: '500', drawdown: 0.2, total: '-100' });
});

test('what has no price or an old one is listed, never zero, and moves nothing that compares with the past', async () => {
  await move('dark', 'USD', '100');
  await value('dark');
  await t.risk.positions.applyFill(t.fillOf({ account: 'dark', symbol: 'DRK-USD', quantity: '1', price: '60' }));
  expect(await value('dark')).toMatchObject({
    equity: '40',
    highWater: '100',
    unpriced: ['DRK price-missing', 'DRK-USD price-missing'],
  });
  expect((await t.risk.pnl.listEquity({ account: 'dark' })).items).toMatchObject([{ equity: '100' }]);
  await t.mark('DRK-USD', '70');
  expect(await value('dark')).toMatchObject({ equity: '110', highWater: '110', unpriced: [] });
  await t.box.clock.advance('PT2M');
  expect((await value('dark')).unpriced).toEqual(['DRK price-stale', 'DRK-USD price-stale']);
  // A deposit of what has no price waits for one.
  await move('dark', 'NIL', '5');
  expect((await value('dark')).unpriced).toContain('NIL price-missing');
});

test('the day begins once, with what the day before ended with', async () => {
  await t.box.clock.set('2026-01-05T23:59:00Z');
  await move('day', 'USD', '1000');
  await t.mark('DAY-USD', '10');
  await t.risk.positions.applyFill(t.fillOf({ account: 'day', symbol: 'DAY-USD', quantity: '10', price: '10' }));
  await value('day');
  await t.box.clock.set('2026-01-06T00:01:00Z');
  await t.mark('DAY-USD', '9');
  expect(await value('day')).toMatchObject({ day: { tradingDay: '2026-01-06', result: '-10' } });
  await t.mark('DAY-USD', '8');
  expect(await value('day')).toMatchObject({ day: { result: '-20' }, drawdown: 0.02 });
  expect((await t.risk.pnl.listEquity({ account: 'day' })).items.map(({ equity }) => equity)).toEqual(['1000', '980']);
});

test('losses and drawdown are limits that are fed: an order that adds is refused, one that reduces passes', async () => {
  const { limits, checks } = t.risk;
  const code = async (orderId: string, side: 'buy' | 'sell' = 'buy') =>
    (await checks.check({ orderId, account: 'loss', symbol: 'LSS-USD', side, quantity: '1', price: '10' })).code;
  await move('loss', 'USD', '1000');
  await t.mark('LSS-USD', '10');
  await t.risk.positions.applyFill(t.fillOf({ account: 'loss', symbol: 'LSS-USD', quantity: '50', price: '10' }));
  await limits.define({ metric: 'daily-loss', scope: { account: 'loss' }, hard: '40' });
  expect(await code('l1')).toBe('valuation-missing');
  await value('loss');
  expect(await code('l2')).toBe('allowed');
  await t.mark('LSS-USD', '9');
  await value('loss');
  expect([await code('l3'), await code('l4', 'sell')]).toEqual(['daily-loss-exceeded', 'allowed']);
  await limits.define({ metric: 'daily-loss', scope: { account: 'loss' }, hard: '60' });
  await limits.define({ metric: 'drawdown', scope: { account: 'loss' }, hard: '0.04' });
  await limits.define({ metric: 'leverage', scope: { account: 'loss' }, hard: '0.5' });
  expect(await code('l5')).toBe('drawdown-exceeded');
  await limits.define({ metric: 'drawdown', scope: { account: 'loss' }, hard: '0.06' });
  expect(await code('l6')).toBe('allowed');
  await t.box.clock.advance('PT2M');
  await t.mark('LSS-USD', '9');
  expect(await code('l7')).toBe('valuation-stale');
});

test('the firm is the sum of its accounts, and a movement twice is one', async () => {
  await t.mark('BTC-USD', '28000');
  const { pnl } = t.risk;
  const movement = {
    movementId: 'again',
    account: 'sum',
    kind: 'deposit',
    asset: 'USD',
    amount: '7',
    at: t.box.clock.now(),
  } as const;
  await Promise.all([pnl.moveFunds(movement), pnl.moveFunds(movement)]);
  const [conflict] = await errorsOf([pnl.moveFunds({ ...movement, amount: '8' })]);
  expect(conflict).toMatchObject({ kind: 'conflict', code: 'id-conflict' });
  const valued = await pnl.markToMarket();
  expect(valued.scopes).toBeGreaterThan(5);
  expect(await pnl.get({ account: 'sum' }, { fresh: true })).toMatchObject({ equity: '7' });
  expect(await pnl.get({}, { fresh: true })).toHaveProperty('equity');
  const [unknown] = await errorsOf([pnl.get({ account: 'nobody' })]);
  expect(unknown).toMatchObject({ kind: 'not-found', code: 'unknown-valuation' });
});
