import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestTrading, errorsOf, testTrading } from '../test-trading.ts';

let t: TestTrading;
beforeAll(async () => {
  t = await testTrading({ bare: true, options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const symbols = ['BTC-USD', 'ETH-USD'];

test('a strategy is created, read, paused, read and retired; every change keeps its history', async () => {
  const { strategies } = t.trading;
  const made = await strategies.create({
    strategyId: 'maker',
    name: 'Maker',
    kind: 'market-making',
    symbols: ['BTC/USD', 'ETH-USD'],
  });
  expect(made).toMatchObject({ id: 'maker', kind: 'market-making', symbols, status: 'active', version: 1 });
  expect(await strategies.get('maker')).toEqual(made);
  expect(await strategies.change({ strategyId: 'maker', status: 'paused', reason: 'too wide' })).toMatchObject({
    status: 'paused',
    version: 2,
  });
  expect(await strategies.find('maker')).toMatchObject({ status: 'paused' });
  expect(await strategies.change({ strategyId: 'maker', status: 'retired' })).toMatchObject({ status: 'retired' });
  expect(await errorsOf([strategies.change({ strategyId: 'maker', status: 'active' })])).toMatchObject([
    { kind: 'conflict', code: 'strategy-retired' },
  ]);
  expect((await strategies.listEvents('maker')).map(({ type, status, reason }) => [type, status, reason])).toEqual([
    ['created', 'active', undefined],
    ['changed', 'paused', 'too wide'],
    ['changed', 'retired', undefined],
  ]);
});

test('of two changes of the same version one is refused, and nothing is written over', async () => {
  const { strategies } = t.trading;
  await strategies.create({ strategyId: 'raced', name: 'Raced', symbols });
  const results = await Promise.allSettled(
    ['A', 'B'].map((name) => strategies.change({ strategyId: 'raced', version: 1, name })),
  );
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'stale-version' } });
  expect(await strategies.get('raced')).toMatchObject({ version: 2 });
});

test('the same code and parameters are the same version, whatever the order of their names', async () => {
  const { strategies } = t.trading;
  await strategies.create({ strategyId: 'versions', name: 'Versions', symbols });
  const first = await strategies.publishVersion({
    strategyId: 'versions',
    codeHash: 'abc',
    params: { fast: 5, slow: { n: 20 } },
  });
  expect(first).toMatchObject({ version: 1, params: { fast: 5, slow: { n: 20 } } });
  expect(
    await strategies.publishVersion({ strategyId: 'versions', codeHash: 'abc', params: { slow: { n: 20 }, fast: 5 } }),
  ).toEqual(first);
  const second = await strategies.publishVersion({
    strategyId: 'versions',
    codeHash: 'abc',
    params: { fast: 6 },
    maxPosition: '2.50',
    maxLeverage: '3',
    maxDailyLoss: '100',
    engineVersion: '1.2',
  });
  expect(second).toMatchObject({
    version: 2,
    maxPosition: '2.5',
    maxLeverage: '3',
    maxDailyLoss: '100',
    engineVersion: '1.2',
  });
  const limits = await strategies.publishVersion({
    strategyId: 'versions',
    codeHash: 'abc',
    params: { fast: 6 },
    maxPosition: '3',
  });
  expect(limits.version).toBe(3);
  expect(await strategies.getVersion({ strategyId: 'versions', version: 2 })).toEqual(second);
  expect(
    (await strategies.listVersions({ strategyId: 'versions', limit: 2 })).items.map(({ version }) => version),
  ).toEqual([3, 2]);
  expect(await strategies.get('versions')).toMatchObject({ latestVersion: 3 });
  expect(
    await errorsOf([
      strategies.publishVersion({
        strategyId: 'versions',
        codeHash: 'abc',
        params: { fast: 6 },
        maxPosition: '3',
        engineVersion: '2',
      }),
      strategies.getVersion({ strategyId: 'versions', version: 9 }),
      strategies.publishVersion({ strategyId: 'nobody', codeHash: 'abc' }),
    ]),
  ).toMatchObject([{ code: 'id-conflict' }, { code: 'unknown-strategy-version' }, { code: 'unknown-strategy' }]);
});

test('what was published is not changed, not by the caller who holds it and not by the adapter itself', async () => {
  const { strategies } = t.trading;
  await strategies.create({ strategyId: 'fixed', name: 'Fixed', symbols });
  const version = await strategies.publishVersion({ strategyId: 'fixed', codeHash: 'abc', params: { fast: 5 } });
  version.params['fast'] = 50;
  expect(await strategies.getVersion({ strategyId: 'fixed', version: 1 }, { fresh: true })).toMatchObject({
    params: { fast: 5 },
  });
  const query = { compile: () => ({ sql: "update strategy_versions set code_hash = 'x'", parameters: [] }) };
  await expect(t.stores.pg.query('test', 'write', query as never)).rejects.toThrow(/lacks a right/);
});

test('lists page in order and filter', async () => {
  const { strategies } = t.trading;
  for (const n of [1, 2, 3])
    await strategies.create({
      strategyId: `l${n}`,
      name: 'L',
      kind: 'arbitrage',
      symbols: n === 2 ? ['ETH-USD'] : symbols,
    });
  const page = await strategies.list({ kind: 'arbitrage', limit: 2 });
  expect(page.items.map(({ id }) => id)).toEqual(['l1', 'l2']);
  expect((await strategies.list({ kind: 'arbitrage', cursor: page.next! })).items.map(({ id }) => id)).toEqual(['l3']);
  expect((await strategies.list({ kind: 'arbitrage', symbol: 'BTC-USD' })).items.map(({ id }) => id)).toEqual([
    'l1',
    'l3',
  ]);
  expect((await Array.fromAsync(strategies.list({ status: 'active', limit: 1 }))).length).toBeGreaterThan(4);
});
