import { afterAll, beforeAll, expect, test } from 'vitest';
import { measureOtherwise } from '../performance/other-method.ts';
import { type TestTrading, errorsOf, testTrading } from '../test-trading.ts';

let t: TestTrading;
beforeAll(async () => {
  t = await testTrading({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const sha = (digit: string) => digit.repeat(64);
const run = {
  strategyId: 's',
  strategyVersion: 1,
  engineVersion: '1.0',
  dataSnapshot: 'btc-2025',
  dataSha256: sha('a'),
  from: '2025-01-01T00:00:00Z',
  to: '2025-01-05T00:00:00Z',
  seed: '7',
  costModel: { fee: '0.001', slippage: 'none' },
  startingEquity: '1000',
} as const;
const trade = (n: number, closePrice: string, day: number, more: object = {}) => ({
  n,
  symbol: 'BTC-USD',
  direction: 'long' as const,
  quantity: '1',
  openPrice: '100',
  closePrice,
  fees: '0.50',
  openedAt: `2025-01-0${day}T00:00:00Z`,
  closedAt: `2025-01-0${day}T06:00:00Z`,
  ...more,
});

test('a run is started, filled, completed with its metrics, and then answered instead of run again', async () => {
  const { backtests } = t.trading;
  const { backtest, isReused } = await backtests.start({
    ...run,
    backtestId: 'first',
    host: 'a',
    codeIsDirty: false,
    lockfileHash: 'x',
  });
  expect(isReused).toBe(false);
  expect(backtest).toMatchObject({ status: 'running', costModel: run.costModel, host: 'a', codeIsDirty: false });
  expect(
    await backtests.start({ ...run, backtestId: 'first', host: 'a', codeIsDirty: false, lockfileHash: 'x' }),
  ).toMatchObject({
    backtest,
    isReused: false,
  });
  const rows = {
    backtestId: 'first',
    trades: [
      trade(0, '120', 1, { tag: 'a', exitReason: 'target' }),
      trade(1, '90', 2),
      trade(2, '101', 3, { direction: 'short' }),
    ],
    orders: [
      {
        n: 0,
        symbol: 'BTC-USD',
        side: 'buy',
        type: 'market',
        quantity: '1',
        filledQuantity: '1',
        averagePrice: '100',
        placedAt: run.from,
      },
    ],
    fills: [
      { n: 0, orderN: 0, symbol: 'BTC-USD', side: 'buy', price: '100', quantity: '1', fee: '0.25', filledAt: run.from },
    ],
  } as const;
  await backtests.append(rows as never);
  await backtests.append(rows as never);
  await expect(
    backtests.append({ backtestId: 'first', trades: [trade(0, '121', 1), trade(3, '1', 4)] }),
  ).rejects.toMatchObject({
    code: 'row-taken',
  });
  const { backtest: completed, metrics } = await backtests.complete({
    backtestId: 'first',
    benchmark: [0.01, 0, -0.01, 0.02, 0],
  });
  expect(completed).toMatchObject({ status: 'completed', trades: 3, orders: 1, fills: 1 });
  expect((await backtests.complete({ backtestId: 'first' })).metrics).toEqual(metrics);

  const { items } = await backtests.listTrades({ backtestId: 'first' });
  expect(items.map(({ pnl }) => pnl)).toEqual(['19.5', '-10.5', '-1.5']);
  expect((await backtests.listOrders({ backtestId: 'first' })).items).toMatchObject([{ n: 0, averagePrice: '100' }]);
  expect((await backtests.listFills({ backtestId: 'first' })).items).toMatchObject([{ orderN: 0, fee: '0.25' }]);
  const ms = (text: string) => Date.parse(text);
  const otherwise = measureOtherwise({
    startingEquity: 1000,
    from: ms(run.from),
    to: ms(run.to),
    trades: items.map(({ pnl, openPrice, closePrice, direction, openedAt, closedAt }) => ({
      pnl: Number(pnl),
      bought: Number(direction === 'long' ? openPrice : closePrice),
      sold: Number(direction === 'long' ? closePrice : openPrice),
      openedAt: ms(openedAt),
      closedAt: ms(closedAt),
    })),
    benchmark: [0.01, 0, -0.01, 0.02, 0],
    periodsPerYear: 365,
    riskFree: 0,
  });
  const values = metrics.filter(({ value }) => value !== undefined);
  expect(values).toHaveLength(22);
  for (const { name, value } of values)
    expect(Math.abs(value! - otherwise.get(name)!), name).toBeLessThan(1e-9 * Math.max(1, Math.abs(value!)));

  const again = await backtests.start({ ...run, backtestId: 'second', host: 'b' });
  expect(again).toMatchObject({ isReused: true, dataChanged: false, backtest: { id: 'first' } });
  expect(await t.trading.performance.breakDown({ backtestId: 'first', by: 'tag' })).toMatchObject([
    { key: 'a', pnl: '19.5', wins: 1 },
    { trades: 2, pnl: '-12' },
  ]);
});

test('any part of the identity makes another run; changed data is told', async () => {
  const { backtests } = t.trading;
  await backtests.start({ ...run, backtestId: 'base', dataSnapshot: 'base' });
  await backtests.complete({ backtestId: 'base' });
  const base = { ...run, dataSnapshot: 'base' };
  const others = [
    { engineVersion: '1.1' },
    { seed: '8' },
    { costModel: { fee: '0.002', slippage: 'none' } },
    { startingEquity: '1001' },
    { to: '2025-01-06T00:00:00Z' },
  ];
  for (const other of others)
    expect(await backtests.start({ ...base, ...other })).toMatchObject({ isReused: false, dataChanged: false });
  expect(await backtests.start({ ...base, dataSha256: sha('b') })).toMatchObject({
    isReused: false,
    dataChanged: true,
  });
  expect(await backtests.start({ ...base, costModel: { slippage: 'none', fee: '0.001' } })).toMatchObject({
    isReused: true,
  });
});

test('of two runs of one identity the first to complete stands, and the other is told which', async () => {
  const { backtests } = t.trading;
  const other = t.box.open('trading', { workers: false });
  await backtests.start({ ...run, backtestId: 'r1', seed: 'race' });
  await backtests.start({ ...run, backtestId: 'r2', seed: 'race' });
  const results = await Promise.allSettled([
    backtests.complete({ backtestId: 'r1' }),
    other.backtests.complete({ backtestId: 'r2' }),
  ]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'identity-completed', details: { otherId: expect.stringMatching(/^r[12]$/) } },
  });
});

test('a run of its own equity curve is measured by it', async () => {
  const { backtests } = t.trading;
  await backtests.start({ ...run, backtestId: 'curve', seed: 'curve' });
  await backtests.append({
    backtestId: 'curve',
    equity: [1000, 1100, 990, 1050].map((equity, n) => ({
      n,
      at: `2025-01-0${n + 1}T12:00:00Z`,
      equity: String(equity),
    })),
  });
  const { metrics } = await backtests.complete({ backtestId: 'curve' });
  const valueOf = (name: string) => metrics.find((metric) => metric.name === name)!;
  expect(valueOf('max-drawdown').value).toBeCloseTo(0.1, 12);
  expect(valueOf('total-return').value).toBeCloseTo(0.05, 12);
  expect(valueOf('win-rate')).toMatchObject({ reason: 'no-trades' });
  expect((await backtests.listEquity({ backtestId: 'curve', limit: 2 })).items.map(({ equity }) => equity)).toEqual([
    '1000',
    '1100',
  ]);
});

test('what failed or was interrupted takes no more rows; what ended can be pruned and keeps its metrics', async () => {
  const { backtests, performance } = t.trading;
  for (const id of ['f', 'i', 'p']) await backtests.start({ ...run, backtestId: id, seed: id });
  expect(await backtests.fail({ backtestId: 'f', error: 'out of memory' })).toMatchObject({
    status: 'failed',
    error: 'out of memory',
  });
  expect(await backtests.interrupt('i')).toMatchObject({ status: 'interrupted' });
  await backtests.append({ backtestId: 'p', trades: [trade(0, '120', 1)] });
  expect(
    await errorsOf([
      backtests.append({ backtestId: 'f', trades: [trade(0, '1', 1)] }),
      backtests.complete({ backtestId: 'i' }),
      backtests.prune('p'),
      backtests.complete({ backtestId: 'nobody' }),
      backtests.complete({ backtestId: 'p', benchmark: [1] }),
      backtests.start({ ...run, backtestId: 'p', seed: 'other' }),
      backtests.start({ ...run, strategyVersion: 9 }),
    ]),
  ).toMatchObject([
    { code: 'backtest-ended' },
    { code: 'illegal-transition' },
    { code: 'backtest-running' },
    { code: 'unknown-backtest' },
    { code: 'wrong-benchmark' },
    { code: 'id-conflict' },
    { code: 'unknown-strategy-version' },
  ]);
  const { metrics } = await backtests.complete({ backtestId: 'p' });
  expect(await backtests.prune('p')).toMatchObject({ isPruned: true, trades: 1 });
  expect((await backtests.listTrades({ backtestId: 'p' })).items).toEqual([]);
  expect(await performance.latest({ owner: { kind: 'backtest', id: 'p' } })).toEqual(metrics);
  expect((await backtests.list({ strategyId: 's', status: 'failed' })).items.map(({ id }) => id)).toEqual(['f']);
});

test('progress goes on and never back, and is gone with Redis', async () => {
  const { backtests } = t.trading;
  await backtests.advance({ backtestId: 'g', done: 5, total: 10 });
  await backtests.advance({ backtestId: 'g', done: 3, total: 10 });
  expect(await backtests.findProgress('g')).toMatchObject({ done: 5, total: 10 });
  expect(await backtests.findProgress('nobody')).toBeUndefined();
  await using _ = t.box.redis.down();
  await expect(backtests.advance({ backtestId: 'g', done: 6, total: 10 })).rejects.toMatchObject({
    kind: expect.stringMatching(/unavailable|outcome-unknown/),
  });
});
