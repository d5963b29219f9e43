import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestRisk, errorsOf, testRisk } from '../test-risk.ts';
import { historicalVar, parametricVar, portfolioOutcomes, returnsOf } from './value-at-risk.ts';

let t: TestRisk;
const prices = {
  'BTC-USD': Array.from({ length: 61 }, (_, i) => (30_000 * (1 + Math.sin(i * 5) / 50)).toFixed(2)),
  'ETH-USD': Array.from({ length: 61 }, (_, i) => (2000 * (1 + Math.cos(i * 3) / 40)).toFixed(2)),
};
beforeAll(async () => {
  t = await testRisk({ options: { workers: false } });
  const day = (i: number) => new Date(Date.UTC(2025, 9, 1 + i)).toISOString();
  for (const [symbol, closes] of Object.entries(prices)) {
    await t.risk.marks.recordCloses({
      symbol,
      period: 'P1D',
      closes: closes.map((price, i) => ({ at: day(i), price })),
    });
    await t.mark(symbol, closes.at(-1)!);
  }
});
afterAll(() => t[Symbol.asyncDispose]());

const held = [
  { symbol: 'BTC-USD', quantity: '2', averagePrice: '29000' },
  { symbol: 'ETH-USD', quantity: '-10' },
];
const exposures = [2 * Number(prices['BTC-USD'].at(-1)), -10 * Number(prices['ETH-USD'].at(-1))];
const outcomes = portfolioOutcomes(
  exposures,
  Object.values(prices).map((closes) => returnsOf(closes.map(Number))),
);

test('the summary of positions is what an independent computation says, with its inputs named', async () => {
  const summary = await t.risk.calculateRiskMetrics(held, { equity: '50000', confidence: 0.95, horizon: 1 });
  const [long, short] = [exposures[0]!, -exposures[1]!];
  expect(Number(summary.exposure.gross)).toBeCloseTo(long + short, 6);
  expect(Number(summary.exposure.net)).toBeCloseTo(long - short, 6);
  expect(summary.leverage).toBeCloseTo((long + short) / 50_000, 12);
  expect(summary.concentration).toMatchObject({ symbol: 'BTC-USD', share: expect.closeTo(long / (long + short), 12) });
  expect(Number(summary.unrealized)).toBeCloseTo(long - 58_000, 6);
  const historical = historicalVar(outcomes, 0.95);
  const parametric = parametricVar(outcomes, 0.95);
  expect(summary.valueAtRisk!.historical.value).toBeCloseTo(historical.valueAtRisk, 6);
  expect(summary.valueAtRisk!.historical.expectedShortfall).toBeCloseTo(historical.expectedShortfall, 6);
  expect(summary.valueAtRisk!.parametric.value).toBeCloseTo(parametric.valueAtRisk, 6);
  const parts = Object.values(summary.valueAtRisk!.components);
  expect(parts[0]! + parts[1]!).toBeCloseTo(parametric.valueAtRisk, 6);
  expect(summary.maximumDrawdown).toBeGreaterThan(0);
  expect(summary.missing).toEqual([]);
  expect(summary.inputs).toMatchObject({
    confidence: 0.95,
    horizon: 1,
    observations: 60,
    symbols: ['BTC-USD', 'ETH-USD'],
  });
});

test('what it lacks is listed, and counts as nothing', async () => {
  const summary = await t.risk.calculateRiskMetrics([
    { symbol: 'BTC-USD', quantity: '1' },
    { symbol: 'XYZ-USD', quantity: '5' },
    { symbol: 'BTC-EUR', quantity: '1' },
  ]);
  expect(summary.positions.map(({ symbol }) => symbol)).toEqual(['BTC-USD']);
  expect(summary.missing).toEqual([
    { what: 'price', of: 'XYZ-USD', reason: 'price-missing' },
    { what: 'price', of: 'BTC-EUR', reason: 'price-missing' },
    { what: 'equity', of: 'leverage and drawdown', reason: 'no equity was given' },
  ]);
  expect(summary).not.toHaveProperty('leverage');
  await t.mark('NEW-USD', '1');
  const fresh = await t.risk.calculateRiskMetrics([{ symbol: 'NEW-USD', quantity: '1' }], { equity: '10' });
  expect(fresh).not.toHaveProperty('valueAtRisk');
  expect(fresh.missing.map(({ what }) => what)).toEqual(['history', 'value-at-risk']);
  expect(await t.risk.calculateRiskMetrics([])).toMatchObject({ exposure: { gross: '0' }, positions: [] });
  expect(
    await errorsOf([
      t.risk.calculateRiskMetrics(held, { confidence: 2 }),
      t.risk.calculateRiskMetrics(held, { equity: '-1' }),
    ]),
  ).toMatchObject([
    { kind: 'invalid-input', issues: [{ path: 'options.confidence' }] },
    { kind: 'invalid-input', issues: [{ path: 'options.equity' }] },
  ]);
});

test('metrics that are calculated are read back as they were, and the latest is told again', async () => {
  const { riskMetrics, positions } = t.risk;
  await positions.applyFill(t.fillOf({ account: 'm', quantity: '2', price: '100' }));
  const input = { metricsId: 'x1', scope: { account: 'm' } };
  const first = await riskMetrics.calculate(input);
  expect(first.summary.positions).toMatchObject([{ symbol: 'BTC-USD', quantity: '2' }]);
  expect(await riskMetrics.get('x1')).toEqual(first);
  await positions.applyFill(t.fillOf({ account: 'm', quantity: '1', price: '100' }));
  expect(await riskMetrics.calculate(input)).toEqual(first);
  const second = await riskMetrics.calculate({ ...input, metricsId: 'x2' });
  expect(second.summary.positions).toMatchObject([{ quantity: '3' }]);
  for (const fresh of [true, false])
    expect(await riskMetrics.findLatest({ scope: { account: 'm' } }, { fresh })).toEqual(second);
  expect((await riskMetrics.list({ scope: { account: 'm' } })).items).toHaveLength(2);
  expect(await riskMetrics.findLatest({ scope: { account: 'none' } })).toBeUndefined();
  expect(await errorsOf([riskMetrics.calculate({ ...input, horizon: 2 }), riskMetrics.get('none')])).toMatchObject([
    { kind: 'conflict', code: 'id-conflict' },
    { kind: 'not-found', code: 'unknown-metrics' },
  ]);
});

test('runs of value at risk are kept with what they rest on; one that cannot tell has a reason', async () => {
  const { riskMetrics, positions } = t.risk;
  await positions.applyFill(t.fillOf({ account: 'v', quantity: '2', price: '100' }));
  await positions.applyFill(t.fillOf({ account: 'v', symbol: 'ETH-USD', side: 'sell', quantity: '10', price: '100' }));
  const run = (method: 'historical' | 'parametric' | 'monte-carlo', over: object = {}) =>
    riskMetrics.runVar({ runId: `${method}${JSON.stringify(over).length}`, scope: { account: 'v' }, method, ...over });
  const historical = await run('historical');
  expect(historical.valueAtRisk).toBeCloseTo(historicalVar(outcomes, 0.95).valueAtRisk, 6);
  expect(historical.outcomes).toHaveLength(60);
  expect(await riskMetrics.getVarRun(historical.runId)).toEqual(historical);
  const parametric = await run('parametric');
  expect(parametric.valueAtRisk).toBeCloseTo(parametricVar(outcomes, 0.95).valueAtRisk, 6);
  const drawn = await run('monte-carlo', { seed: 3 });
  expect(drawn.valueAtRisk! / parametric.valueAtRisk!).toBeCloseTo(1, 0);
  expect(
    (await riskMetrics.runVar({ runId: 'again', scope: { account: 'v' }, method: 'monte-carlo', seed: 3 })).inputHash,
  ).toBe(drawn.inputHash);
  expect(await riskMetrics.runVar({ runId: 'none', scope: { account: 'nobody' }, method: 'historical' })).toMatchObject(
    { reason: 'nothing-held', outcomes: [] },
  );
  // A run feeds the limit on it.
  await t.risk.limits.define({ metric: 'value-at-risk', scope: { account: 'v' }, soft: '1', maxPriceAge: 'P1D' });
  expect((await t.risk.limits.listUse({ scope: { account: 'v' } }))[0]!.ratio).toBeGreaterThan(1);
});

test('forecasts are tested on what came of them', async () => {
  const { riskMetrics } = t.risk;
  const scope = { account: 'bt' };
  for (let i = 0; i < 100; i += 1) {
    const day = new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10);
    const exception = await riskMetrics.recordOutcome({
      scope,
      day,
      confidence: 0.99,
      valueAtRisk: 10,
      actual: i % 20 === 0 ? -11 : -10,
    });
    expect(exception).toBe(i % 20 === 0);
  }
  expect(await riskMetrics.backtestVar({ scope, confidence: 0.99 })).toMatchObject({
    days: 100,
    exceptions: 5,
    zone: 'yellow',
  });
  expect(
    await riskMetrics.backtestVar({ scope, confidence: 0.99, from: '2026-01-02', until: '2026-01-20' }),
  ).toMatchObject({ days: 18, exceptions: 0, zone: 'green' });
  expect(await riskMetrics.backtestVar({ scope, confidence: 0.95 })).toBeUndefined();
  const [conflict] = await errorsOf([
    riskMetrics.recordOutcome({ scope, day: '2026-01-01', confidence: 0.99, valueAtRisk: 10, actual: 0 }),
  ]);
  expect(conflict).toMatchObject({ code: 'id-conflict' });
});

test('a stress is the loss of what is held under its shocks', async () => {
  const { riskMetrics, positions } = t.risk;
  await positions.applyFill(t.fillOf({ account: 's', quantity: '2', price: '100' }));
  await positions.applyFill(t.fillOf({ account: 's', symbol: 'ETH-USD', quantity: '1', price: '100' }));
  const scenario = {
    scenarioId: 'crash',
    name: 'Crash',
    shocks: { 'BTC-USD': -0.15 },
    priceScenarioId: 'p',
    priceScenarioVersion: 2,
  };
  expect(await riskMetrics.defineStress(scenario)).toEqual(scenario);
  expect(await riskMetrics.getStress('crash')).toEqual(scenario);
  const result = await riskMetrics.runStress({ resultId: 'r1', scenarioId: 'crash', scope: { account: 's' } });
  expect(result.profit).toBeCloseTo(-0.15 * 2 * Number(prices['BTC-USD'].at(-1)), 6);
  expect(result.missing).toEqual(['shock of ETH-USD']);
  expect(await riskMetrics.getStressResult('r1')).toEqual(result);
  expect(
    await errorsOf([
      riskMetrics.runStress({ resultId: 'r2', scenarioId: 'none', scope: {} }),
      riskMetrics.getStressResult('r2'),
    ]),
  ).toMatchObject([{ code: 'unknown-scenario' }, { code: 'unknown-result' }]);
});
