import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsOf } from './metric-rows.ts';
import { computeMetrics, metricNames } from './metrics.ts';
import { type PlainTrade, measureOtherwise } from './other-method.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const conventions = { periodsPerYear: 365, riskFree: 0.03 };
const trade = (pnl: number, openedAt: number, closedAt: number): PlainTrade => ({
  pnl,
  bought: 100,
  sold: 100 + pnl,
  openedAt: START + openedAt * DAY,
  closedAt: START + closedAt * DAY,
});
const valueOf = (metrics: ReturnType<typeof computeMetrics>, name: string) =>
  metrics.find((metric) => metric.name === name)!;
const measure = (trades: readonly PlainTrade[], days: number, over: object = {}) =>
  computeMetrics(
    { startingEquity: 1000, from: START, to: START + days * DAY, trades: columnsOf(trades), ...over },
    conventions,
  );

const plans = fc.record({
  days: fc.integer({ min: 3, max: 40 }),
  trades: fc.array(
    fc.record({
      pnl: fc.integer({ min: -2000, max: 2200 }).map((cents) => cents / 100),
      open: fc.integer({ min: 0, max: 1000 }),
      close: fc.integer({ min: 0, max: 1000 }),
    }),
    { minLength: 2, maxLength: 40 },
  ),
  benchmark: fc.infiniteStream(fc.integer({ min: -300, max: 300 }).map((points) => points / 10_000)),
});

test('every metric is what another method makes of the same definitions, to nine digits', () => {
  fc.assert(
    fc.property(plans, ({ days, trades: drawn, benchmark: stream }) => {
      const trades = drawn
        .map(({ pnl, open, close }) =>
          trade(pnl, (Math.min(open, close) / 1000) * days, (Math.max(open, close) / 1000) * days),
        )
        .toSorted((a, b) => a.closedAt - b.closedAt);
      const benchmark = Array.from({ length: days + 1 }, () => stream.next().value!);
      const ours = measure(trades, days, { benchmark: Float64Array.from(benchmark) });
      const theirs = measureOtherwise({
        startingEquity: 1000,
        from: START,
        to: START + days * DAY,
        trades,
        benchmark,
        ...conventions,
      });
      expect(ours.map(({ name }) => name).toSorted()).toEqual([...metricNames].toSorted());
      for (const { name, value, reason } of ours) {
        const other = theirs.get(name)!;
        if (value === undefined) {
          expect(reason, name).toMatch(/^(no-|too-|equity-|not-)/);
          continue;
        }
        expect(Number.isFinite(value), name).toBe(true);
        // A deviation of next to nothing is mostly its own rounding: whatever divides by it says little either way.
        if (!Number.isFinite(other) || Math.abs(other) > 1e6) continue;
        expect(Math.abs(value - other), `${name}: ${value} ${other}`).toBeLessThanOrEqual(
          1e-9 * Math.max(1, Math.abs(other)),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('a record that is small enough to follow by hand', () => {
  const metrics = measure([trade(100, 0, 0.5), trade(-110, 1, 1.5), trade(20, 2, 2.5), trade(200, 3, 3.5)], 4);
  const value = (name: string) => valueOf(metrics, name).value;
  expect(value('total-return')).toBeCloseTo(0.21, 12);
  expect(value('profit-factor')).toBeCloseTo(320 / 110, 12);
  expect(value('expectancy')).toBeCloseTo(52.5, 12);
  expect(value('win-rate')).toBe(0.75);
  expect(value('exposure-time')).toBeCloseTo(0.5, 12);
  expect(valueOf(metrics, 'max-drawdown')).toEqual({
    name: 'max-drawdown',
    value: 0.1,
    samples: 4,
    peakAt: START + 0.5 * DAY,
    troughAt: START + 1.5 * DAY,
    recoveredAt: START + 3.5 * DAY,
  });
});

test('the starting equity is the first peak, and a fall that is not made up for has no recovery', () => {
  const { peakAt, troughAt, recoveredAt, value } = valueOf(
    measure([trade(-100, 0, 1), trade(50, 1, 2)], 3),
    'max-drawdown',
  );
  expect({ peakAt, troughAt, recoveredAt, value }).toEqual({
    peakAt: START,
    troughAt: START + DAY,
    recoveredAt: undefined,
    value: 0.1,
  });
});

test('days without a trade are days without a return, not days left out', () => {
  const quiet = measure([trade(100, 0, 0.5)], 99);
  expect(valueOf(quiet, 'volatility')).toMatchObject({ samples: 100 });
  expect(valueOf(quiet, 'volatility').value).toBeCloseTo(Math.sqrt((0.01 - 0.1 ** 2 / 100) / 99) * Math.sqrt(365), 12);
});

test.each([
  [
    'nothing was traded',
    [],
    3,
    {
      'profit-factor': 'no-trades',
      'win-rate': 'no-trades',
      sharpe: 'no-variance',
      calmar: 'no-drawdown',
      alpha: 'no-benchmark',
    },
  ],
  [
    'nothing was lost',
    [trade(1, 0, 1), trade(2, 1, 2)],
    3,
    { 'profit-factor': 'no-losses', 'average-loss': 'no-losses', calmar: 'no-drawdown' },
  ],
  [
    'there is one day',
    [trade(1, 0, 0.1)],
    0.5,
    { volatility: 'too-few-samples', sharpe: 'too-few-samples', skew: 'too-few-samples' },
  ],
  [
    'everything was lost',
    [trade(-1000, 0, 1), trade(5, 1, 2)],
    3,
    { cagr: 'equity-not-positive', sharpe: 'equity-not-positive', turnover: 'equity-not-positive' },
  ],
  ['the end is the beginning', [], 0, { 'exposure-time': 'no-time' }],
] as const)('where %s a metric has a reason and no value', (_, trades, days, reasons) => {
  const metrics = measure(trades, days);
  for (const [name, reason] of Object.entries(reasons)) expect(valueOf(metrics, name)).toMatchObject({ name, reason });
  for (const { value, reason } of metrics) {
    expect((value === undefined) !== (reason === undefined)).toBe(true);
    expect(value === undefined || Number.isFinite(value)).toBe(true);
  }
});

test('a benchmark that never moves has no beta', () => {
  const metrics = measure([trade(10, 0, 1), trade(-5, 1, 2)], 3, { benchmark: new Float64Array(4) });
  expect(valueOf(metrics, 'beta')).toMatchObject({ reason: 'no-variance' });
  expect(valueOf(metrics, 'tracking-error').value).toBeGreaterThan(0);
});
