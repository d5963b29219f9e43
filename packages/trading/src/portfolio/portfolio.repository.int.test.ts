import { afterAll, beforeAll, expect, test } from 'vitest';
import { CopyStore, instant } from '@tse/core';
import { type TestTrading, errorsOf, testTrading } from '../test-trading.ts';
import { PortfolioRepository } from './portfolio.repository.ts';

let t: TestTrading;
beforeAll(async () => {
  t = await testTrading({ options: { workers: false }, start: '2026-01-02T00:00:00Z' });
});
afterAll(() => t[Symbol.asyncDispose]());

const at = '2026-01-02T00:00:00Z';
const mark = (symbol: string, price: string, when = at) => t.trading.portfolio.mark([{ symbol, price, at: when }]);

test('positions are marked again; profit is realized and unrealized, and exposures add up', async () => {
  const { portfolio } = t.trading;
  await t.deploy('v', { startingEquity: '100000' });
  const of = { deploymentId: 'v' };
  await t.trade('buy', '0.2', '50000', of, { fee: '10' });
  await t.trade('buy', '10', '2000', { ...of, symbol: 'ETH-USD' });
  await t.trade('sell', '150', '100', { ...of, symbol: 'SOL-USD' });
  await portfolio.mark([
    { symbol: 'BTC-USD', price: '50000', at },
    { symbol: 'ETH/USD', price: '2000', at },
    { symbol: 'SOL-USD', price: '100', at },
  ]);
  expect(await portfolio.value(of)).toMatchObject({
    exposure: '45000',
    netExposure: '15000',
    realized: '-10',
    unrealized: '0',
    equity: '99990',
    cash: '84990',
    lacking: [],
  });
  await mark('BTC-USD', '51000');
  await t.trade('sell', '0.1', '51000', of);
  const valued = await portfolio.value(of);
  expect(valued).toMatchObject({ realized: '90', unrealized: '100', equity: '100190', exposure: '40100' });
  expect(valued.holdings.find(({ symbol }) => symbol === 'BTC-USD')).toMatchObject({
    quantity: '0.1',
    cost: '5000',
    price: '51000',
    marketValue: '5100',
    unrealized: '100',
  });
});

test('a price that is missing, stale or of the future is named, and never a zero', async () => {
  const { portfolio } = t.trading;
  await t.deploy('lack');
  const of = { deploymentId: 'lack' };
  await t.trade('buy', '1', '10', { ...of, symbol: 'DOT-USD' });
  await t.trade('buy', '1', '10', { ...of, symbol: 'ADA-USD' });
  await t.trade('buy', '1', '10', { ...of, symbol: 'XRP-EUR' });
  await mark('DOT-USD', '11', '2026-01-01T00:00:00Z');
  await mark('XRP-EUR', '11');
  await mark('EUR-USD', '1.1', '2026-01-03T00:00:00Z');
  const valued = await portfolio.value({ ...of, maxAge: 'PT1H' });
  expect(valued.lacking).toMatchObject([
    { symbol: 'ADA-USD', reason: 'price-missing' },
    { symbol: 'DOT-USD', reason: 'price-stale', markedAt: '2026-01-01T00:00:00.000000Z' },
    { symbol: 'EUR-USD', reason: 'price-missing' },
  ]);
  expect(valued).not.toHaveProperty('equity');
  for (const symbol of ['ADA-USD', 'DOT-USD'])
    expect(valued.holdings.find((held) => held.symbol === symbol)).not.toHaveProperty('marketValue');
  expect(await errorsOf([portfolio.snapshot({ ...of, maxAge: 'PT1H' })])).toMatchObject([
    { kind: 'conflict', code: 'not-valued', details: { lacking: expect.stringContaining('ADA-USD price-missing') } },
  ]);
  await mark('ADA-USD', '9');
  await mark('DOT-USD', '11');
  const later = { ...of, at: '2026-01-03T00:00:00Z' };
  expect(await portfolio.value(later)).toMatchObject({ equity: '10001.1', unrealized: '1.1', exposure: '32.1' });
});

test('of prices for a market the latest counts, whatever comes last', async () => {
  const { portfolio } = t.trading;
  expect(
    await portfolio.mark([
      { symbol: 'NEW-USD', price: '2', at: '2026-01-01T00:00:02Z', origin: 'feed' },
      { symbol: 'NEW-USD', price: '1', at: '2026-01-01T00:00:01Z' },
    ]),
  ).toEqual([true, false]);
  expect(await portfolio.mark([{ symbol: 'NEW-USD', price: '3', at: '2026-01-01T00:00:01Z' }])).toEqual([false]);
  expect(await portfolio.findMark('NEW-USD')).toEqual({
    symbol: 'NEW-USD',
    price: '2',
    origin: 'feed',
    markedAt: '2026-01-01T00:00:02.000000Z',
  });
  expect(await portfolio.findMark('NIL-USD')).toBeUndefined();
});

test('the equity curve keeps its peak and its drawdown, in order; the last point is in Redis', async () => {
  const { portfolio } = t.trading;
  await t.deploy('curve', { startingEquity: '1000' });
  const of = { deploymentId: 'curve' };
  await t.trade('buy', '1', '100', { ...of, symbol: 'CUR-USD' });
  const points = [];
  for (const [i, price] of ['110', '90', '60', '130'].entries()) {
    const when = `2026-01-02T00:0${i}:00Z`;
    await mark('CUR-USD', price, when);
    points.push(await portfolio.snapshot({ ...of, at: when }));
  }
  expect(points.map(({ equity, peak, drawdown }) => [equity, peak, Math.round(drawdown * 1e6) / 1e6])).toEqual([
    ['1010', '1010', 0],
    ['990', '1010', 0.019802],
    ['960', '1010', 0.049505],
    ['1030', '1030', 0],
  ]);
  expect(await portfolio.snapshot({ ...of, at: '2026-01-02T00:01:00Z' })).toEqual(points[1]);
  expect(await errorsOf([portfolio.snapshot({ ...of, at: '2026-01-02T00:00:30Z' })])).toMatchObject([
    { code: 'older-than-last' },
  ]);
  expect(await portfolio.latest('curve')).toEqual(points[3]);
  expect(await portfolio.latest('curve')).toEqual(points[3]);
  expect(await portfolio.latest('curve', { fresh: true })).toEqual(points[3]);
  expect((await portfolio.listEquity({ ...of, limit: 3 })).items).toEqual(points.slice(0, 3));
  const metrics = await t.trading.performance.evaluate({
    ...of,
    from: '2026-01-02T00:00:00Z',
    to: '2026-01-02T00:03:00Z',
  });
  expect(metrics.find(({ name }) => name === 'max-drawdown')).toMatchObject({
    peakAt: '2026-01-02T00:00:00.000000Z',
    troughAt: '2026-01-02T00:02:00.000000Z',
    recoveredAt: '2026-01-02T00:03:00.000000Z',
  });
});

test('an old curve is thinned; its last point and its worst drawdown stay what they were', async () => {
  const { portfolio } = t.trading;
  await t.deploy('thin', { startingEquity: '1000' });
  await t.trade('buy', '1', '100', { deploymentId: 'thin', symbol: 'THN-USD' });
  const start = instant.of('2026-01-02T10:00:00Z');
  for (let i = 0; i < 30; i += 1) {
    const when = instant.plusMillis(start, i * 5000);
    await mark('THN-USD', String(100 + ((i * 7) % 30)), when);
    await portfolio.snapshot({ deploymentId: 'thin', at: when });
  }
  const before = (await portfolio.listEquity({ deploymentId: 'thin' })).items;
  await t.box.clock.advance('P10D');
  const context = { ...t.stores, clock: t.box.clock };
  const repository = new PortfolioRepository(context, new CopyStore(context, String));
  expect(await repository.thin(1000)).toBeGreaterThan(10);
  expect(await repository.thin(1000)).toBe(0);
  const after = (await portfolio.listEquity({ deploymentId: 'thin' })).items;
  expect(after.length).toBeLessThan(before.length);
  expect(after.at(-1)).toEqual(before.at(-1));
  expect(Math.max(...after.map(({ drawdown }) => drawdown))).toBe(Math.max(...before.map(({ drawdown }) => drawdown)));
});

test('funding and corrections are part of what was realized, once each', async () => {
  const { positions, portfolio } = t.trading;
  await t.deploy('fund');
  await t.trade('buy', '1', '100', { deploymentId: 'fund', symbol: 'FND-USD' });
  const [position] = await positions.listOpen('fund');
  const input = {
    reference: 'f1',
    positionId: position!.id,
    kind: 'funding',
    amount: '-1.25',
    reason: 'hourly',
  } as const;
  const adjusted = await positions.adjust(input);
  expect(adjusted).toMatchObject({ adjustments: '-1.25', netRealized: '-1.25', realized: '0' });
  expect(await positions.adjust(input)).toEqual(adjusted);
  await positions.adjust({ ...input, reference: 'f2', kind: 'correction', amount: '0.25' });
  await mark('FND-USD', '100', t.box.clock.now());
  expect(await portfolio.value({ deploymentId: 'fund' })).toMatchObject({ realized: '-1', equity: '9999' });
  expect((await positions.listAdjustments(position!.id)).map(({ kind, amount }) => [kind, amount])).toEqual([
    ['funding', '-1.25'],
    ['correction', '0.25'],
  ]);
  expect((await positions.listEvents({ positionId: position!.id })).items.map(({ type }) => type)).toEqual([
    'opened',
    'adjusted',
    'adjusted',
  ]);
  expect(
    await errorsOf([
      positions.adjust({ ...input, amount: '1' }),
      positions.adjust({ ...input, reference: 'f3', positionId: 'x' }),
    ]),
  ).toMatchObject([{ code: 'id-conflict' }, { code: 'unknown-position' }]);
});
