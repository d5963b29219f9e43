import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestTrading, errorsOf, testTrading } from '../test-trading.ts';

let t: TestTrading;
beforeAll(async () => {
  t = await testTrading({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const owner = { kind: 'deployment', id: 'd' } as const;

test('metrics are rows with a history and a latest, each a value or a reason', async () => {
  const { performance } = t.trading;
  const metrics = [
    {
      name: 'sharpe',
      value: 1.25,
      periodsPerYear: 252,
      riskFree: 0.02,
      period: 'day',
      returnKind: 'simple',
      samples: 20,
    },
    { name: 'calmar', reason: 'no-drawdown' },
  ] as const;
  const recorded = await performance.record({ owner, step: 5, metrics: [...metrics] });
  expect(recorded).toMatchObject([
    { name: 'calmar', step: 5, reason: 'no-drawdown' },
    { name: 'sharpe', value: 1.25, periodsPerYear: 252, riskFree: 0.02, samples: 20 },
  ]);
  expect(await performance.record({ owner, step: 5, metrics: [...metrics] })).toEqual(recorded);
  await performance.record({ owner, step: 3, metrics: [{ name: 'sharpe', value: 9 }] });
  await performance.record({ owner, step: 7, metrics: [{ name: 'calmar', value: 2 }] });
  expect((await performance.latest({ owner })).map(({ name, step, value }) => [name, step, value])).toEqual([
    ['calmar', 7, 2],
    ['sharpe', 5, 1.25],
  ]);
  expect((await performance.history({ owner, name: 'sharpe' })).items.map(({ step, value }) => [step, value])).toEqual([
    [3, 9],
    [5, 1.25],
  ]);
  expect(
    await errorsOf([
      performance.record({ owner, step: 5, metrics: [{ name: 'sharpe', value: 2 }] }),
      performance.record({ owner, step: 9, metrics: [{ name: 'sharpe', value: NaN }] }),
      performance.record({ owner, step: 9, metrics: [{ name: 'sharpe' }] }),
    ]),
  ).toMatchObject([
    { code: 'step-taken' },
    { issues: [{ path: 'metrics.0.value' }] },
    { issues: [{ path: 'metrics.0.value' }] },
  ]);
});

test('owners are ranked by their latest value, page by page', async () => {
  const { performance } = t.trading;
  for (const [id, value] of Object.entries({ a: 1, b: 3, c: 2 }))
    await performance.record({ owner: { kind: 'trial', id }, step: 1, metrics: [{ name: 'cagr', value }] });
  await performance.record({
    owner: { kind: 'trial', id: 'x' },
    step: 1,
    metrics: [{ name: 'cagr', reason: 'no-trades' }],
  });
  const page = await performance.rank({ kind: 'trial', name: 'cagr', limit: 2 });
  expect(page.items.map((ranked) => ranked.owner.id)).toEqual(['b', 'c']);
  expect(
    (await performance.rank({ kind: 'trial', name: 'cagr', cursor: page.next! })).items.map(
      (ranked) => ranked.owner.id,
    ),
  ).toEqual(['a']);
  expect(
    (await performance.rank({ kind: 'trial', name: 'cagr', sort: 'lowest' })).items.map(({ value }) => value),
  ).toEqual([1, 2, 3]);
});

test('a deployment is evaluated by what its positions made; breakdowns are exact', async () => {
  const { performance } = t.trading;
  await t.deploy('e');
  const over = { deploymentId: 'e' };
  const at = (day: number) => ({ matchedAt: `2026-01-0${day}T12:00:00Z` });
  await t.trade('buy', '1', '100', { ...over, tag: 'breakout' }, { ...at(1), fee: '0.1' });
  await t.trade('sell', '1', '110.05', { ...over, exitReason: 'target' }, { ...at(2), fee: '0.2' });
  await t.trade('sell', '2', '110', { ...over, tag: 'reversal' }, at(3));
  await t.trade('buy', '2', '115', { ...over, exitReason: 'stop' }, at(4));
  await t.trade('buy', '1', '100', { ...over, tag: 'breakout' }, at(5));
  await t.box.clock.advance('P9D');
  const metrics = await performance.evaluate({ ...over, from: '2026-01-01T00:00:00Z', to: '2026-01-09T00:00:00Z' });
  const valueOf = (name: string) => metrics.find((metric) => metric.name === name);
  expect(valueOf('trades')).toMatchObject({ value: 2 });
  expect(valueOf('total-return')!.value).toBeCloseTo(-0.25 / 10_000, 12);
  expect(valueOf('profit-factor')!.value).toBeCloseTo(0.975, 12);
  expect(valueOf('alpha')).toMatchObject({ reason: 'no-benchmark', periodsPerYear: 365, period: 'day' });
  expect(valueOf('max-drawdown')).toMatchObject({
    peakAt: '2026-01-02T12:00:00.000000Z',
    troughAt: '2026-01-04T12:00:00.000000Z',
  });
  expect(await performance.evaluate({ ...over, from: '2026-01-01T00:00:00Z', to: '2026-01-09T00:00:00Z' })).toEqual(
    metrics,
  );

  expect(await performance.breakDown({ ...over, by: 'tag' })).toEqual([
    { key: 'breakout', trades: 1, wins: 1, pnl: '9.75', fees: '0.3', winRate: 1 },
    { key: 'reversal', trades: 1, wins: 0, pnl: '-10', fees: '0', winRate: 0 },
  ]);
  expect((await performance.breakDown({ ...over, by: 'exit-reason' })).map(({ key }) => key)).toEqual([
    'stop',
    'target',
  ]);
  expect((await performance.breakDown({ ...over, by: 'direction' })).map(({ key }) => key)).toEqual(['long', 'short']);
  expect((await performance.breakDown({ ...over, by: 'day' })).map(({ key }) => key)).toEqual([
    '2026-01-02',
    '2026-01-04',
  ]);
  expect(
    (await performance.breakDown({ ...over, by: 'month', from: '2026-01-03T00:00:00Z' })).map(({ key, pnl }) => [
      key,
      pnl,
    ]),
  ).toEqual([['2026-01', '-10']]);
  expect(await performance.breakDown({ strategyId: 's', by: 'symbol' })).toMatchObject([
    { key: 'BTC-USD', pnl: '-0.25' },
  ]);
  expect(
    await errorsOf([
      performance.breakDown({ by: 'tag' }),
      performance.evaluate({ deploymentId: 'nobody' }),
      performance.evaluate({
        ...over,
        from: '2026-01-01T00:00:00Z',
        to: '2026-01-09T00:00:00Z',
        benchmark: [0.1],
        step: 1,
      }),
    ]),
  ).toMatchObject([
    { issues: [{ path: 'deploymentId' }] },
    { code: 'unknown-deployment' },
    { code: 'wrong-benchmark' },
  ]);
});

test('an attribution is kept with its effects, which sum to the active return', async () => {
  const { performance } = t.trading;
  const segment = { portfolioReturn: 0.1, benchmarkReturn: 0.08 };
  const input = {
    attributionId: 'a1',
    owner,
    dimension: 'asset',
    periods: [
      [
        { ...segment, segment: 'BTC', portfolioWeight: 0.75, benchmarkWeight: 0.5 },
        { ...segment, segment: 'ETH', portfolioWeight: 0.25, benchmarkWeight: 0.5, portfolioReturn: 0.02 },
      ],
      [{ ...segment, segment: 'BTC', portfolioWeight: 1, benchmarkWeight: 1 }],
    ],
  };
  const attribution = await performance.attribute(input);
  expect(attribution).toMatchObject({ linking: 'carino', dimension: 'asset' });
  const total = attribution.effects.reduce(
    (sum, effect) => sum + effect.allocation + effect.selection + effect.interaction,
    0,
  );
  expect(total).toBeCloseTo(attribution.activeReturn, 12);
  expect(await performance.attribute(input)).toEqual(attribution);
  expect(await performance.getAttribution('a1')).toEqual(attribution);
  expect(
    await errorsOf([
      performance.attribute({ ...input, dimension: 'tag' }),
      performance.attribute({
        ...input,
        attributionId: 'a2',
        periods: [[{ ...segment, segment: 'BTC', portfolioWeight: 0.9, benchmarkWeight: 1 }]],
      }),
      performance.getAttribution('nobody'),
    ]),
  ).toMatchObject([{ code: 'id-conflict' }, { issues: [{ path: 'periods.0' }] }, { code: 'unknown-attribution' }]);
});
