import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalQuantile, normalTail } from './normal.ts';
import {
  componentVar,
  deviation,
  historicalVar,
  maximumDrawdown,
  mean,
  parametricVar,
  portfolioOutcomes,
  returnsOf,
  scaled,
  simulatedOutcomes,
} from './value-at-risk.ts';
import { backtest } from './var-backtest.ts';

test('quantiles and tails of the normal distribution are those of the tables', () => {
  for (const [p, z] of [
    [0.5, 0],
    [0.9, 1.2815515655446004],
    [0.95, 1.6448536269514722],
    [0.975, 1.959963984540054],
    [0.99, 2.3263478740408408],
    [0.999999, 4.753424308822899],
    [1e-12, -7.034483825301132],
  ] as const) {
    // The double next to 0.999999 is not quite that.
    expect(normalQuantile(p)).toBeCloseTo(z, p === 0.999999 ? 10 : 12);
    expect(Math.abs(normalTail(z) / (1 - p) - 1)).toBeLessThan(p === 0.999999 ? 1e-9 : 1e-12);
  }
  expect(normalTail(7)).toBeCloseTo(1.279812543885835e-12, 24);
});

test('the historical loss is the ceil-th worst outcome, and its shortfall the mean beyond', () => {
  const outcomes = Array.from({ length: 100 }, (_, i) => i - 50);
  expect(historicalVar(outcomes, 0.95)).toEqual({ valueAtRisk: 46, expectedShortfall: 48 });
  expect(historicalVar(outcomes, 0.99)).toEqual({ valueAtRisk: 50, expectedShortfall: 50 });
  expect(historicalVar([1, 2, 3], 0.95)).toEqual({ valueAtRisk: 0, expectedShortfall: 0 });
});

test('the parametric loss is z deviations below the mean', () => {
  const outcomes = [-1, 1, -1, 1, 3];
  const { valueAtRisk, expectedShortfall } = parametricVar(outcomes, 0.95);
  expect(deviation(outcomes)).toBeCloseTo(1.6733200530681511, 12);
  expect(valueAtRisk).toBeCloseTo(1.6448536269514722 * 1.6733200530681511 - 0.6, 12);
  expect(expectedShortfall).toBeCloseTo((1.6733200530681511 * 0.10313564037537142) / 0.05 - 0.6, 9);
});

test('components sum to the whole, more time is more risk, and a shortfall is never less than its loss', () => {
  const series = fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 30, maxLength: 30 });
  fc.assert(
    fc.property(series, series, fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }), (a, b, x, y) => {
      const exposures = [x, y];
      const outcomes = portfolioOutcomes(exposures, [a, b]);
      const whole = parametricVar(outcomes, 0.95);
      const parts = componentVar(exposures, [a, b], 0.95);
      const sum = parts.reduce((total, part) => total + part, 0);
      expect(Math.max(0, sum)).toBeCloseTo(whole.valueAtRisk, 9);
      for (const result of [whole, historicalVar(outcomes, 0.95)])
        expect(result.expectedShortfall).toBeGreaterThanOrEqual(result.valueAtRisk - 1e-12);
      expect(historicalVar(scaled(outcomes, 4), 0.95).valueAtRisk).toBeCloseTo(
        2 * historicalVar(outcomes, 0.95).valueAtRisk,
        12,
      );
    }),
  );
});

test('simulated outcomes have the deviation of what they are drawn from, and come again by their seed', () => {
  const returns = [
    Array.from({ length: 60 }, (_, i) => Math.sin(i * 7) / 10),
    Array.from({ length: 60 }, (_, i) => Math.cos(i * 3) / 20),
  ];
  const exposures = [1000, -500];
  const drawn = simulatedOutcomes(exposures, returns, { draws: 20_000, seed: 7 });
  const real = portfolioOutcomes(exposures, returns);
  expect(deviation(drawn) / deviation(real)).toBeCloseTo(1, 1);
  expect(mean(drawn)).toBeCloseTo(mean(real), -1);
  expect(simulatedOutcomes(exposures, returns, { draws: 3, seed: 7 })).toEqual(drawn.slice(0, 3));
});

test('returns and drawdown', () => {
  expect(returnsOf([100, 110, 99])).toEqual([expect.closeTo(0.1, 12), expect.closeTo(-0.1, 12)]);
  expect(maximumDrawdown(100, [20, -60, 30, -50])).toBeCloseTo(80 / 120, 12);
  expect(maximumDrawdown(0, [-1])).toBe(0);
});

test('the zones are those of the Basel table, and Kupiec those of the formula', () => {
  expect([0, 4, 5, 9, 10].map((exceptions) => backtest(250, exceptions, 0.99).zone)).toEqual([
    'green',
    'green',
    'yellow',
    'yellow',
    'red',
  ]);
  expect(backtest(250, 4, 0.99).cumulativeProbability).toBeCloseTo(0.8922, 4);
  // J.P. Morgan's 20 exceptions of 1998, as in Jorion, chapter 6.
  const { kupiec, expected } = backtest(252, 20, 0.95);
  expect(expected).toBeCloseTo(12.6, 12);
  expect(kupiec.statistic).toBeCloseTo(3.91, 2);
  expect(kupiec.pValue).toBeCloseTo(0.048, 3);
  expect(backtest(250, 0, 0.99).kupiec.statistic).toBeCloseTo(-500 * Math.log(0.99), 9);
});
