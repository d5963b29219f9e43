import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attribute } from './attribution.ts';

const weights = (n: number) =>
  fc.array(fc.integer({ min: 1, max: 100 }), { minLength: n, maxLength: n }).map((raw) => {
    const total = raw.reduce((sum, each) => sum + each, 0);
    return raw.map((each) => each / total);
  });
const returns = (n: number) =>
  fc.array(
    fc.integer({ min: -5000, max: 9000 }).map((points) => points / 10_000),
    { minLength: n, maxLength: n },
  );
const period = fc
  .integer({ min: 1, max: 6 })
  .chain((n) => fc.tuple(weights(n), returns(n), weights(n), returns(n)))
  .map(([ours, ourReturns, theirs, theirReturns]) =>
    ours.map((portfolioWeight, i) => ({
      segment: `s${i}`,
      portfolioWeight,
      portfolioReturn: ourReturns[i]!,
      benchmarkWeight: theirs[i]!,
      benchmarkReturn: theirReturns[i]!,
    })),
  );

test('the effects of all segments and periods sum to the active return', () => {
  fc.assert(
    fc.property(fc.array(period, { minLength: 1, maxLength: 12 }), (periods) => {
      const { portfolioReturn, benchmarkReturn, effects } = attribute(periods);
      const total = effects.reduce(
        (sum, { allocation, selection, interaction }) => sum + allocation + selection + interaction,
        0,
      );
      expect(Math.abs(total - (portfolioReturn - benchmarkReturn))).toBeLessThan(
        1e-9 * (1 + Math.abs(portfolioReturn)),
      );
    }),
  );
});

test('a period that is small enough to follow by hand', () => {
  const { effects, portfolioReturn, benchmarkReturn } = attribute([
    [
      { segment: 'BTC', portfolioWeight: 0.75, portfolioReturn: 0.1, benchmarkWeight: 0.5, benchmarkReturn: 0.08 },
      { segment: 'ETH', portfolioWeight: 0.25, portfolioReturn: 0.02, benchmarkWeight: 0.5, benchmarkReturn: 0.04 },
    ],
  ]);
  expect(portfolioReturn).toBeCloseTo(0.08, 12);
  expect(benchmarkReturn).toBeCloseTo(0.06, 12);
  expect(
    effects.map(({ segment, allocation, selection, interaction }) => [
      segment,
      +allocation.toFixed(6),
      +selection.toFixed(6),
      +interaction.toFixed(6),
    ]),
  ).toEqual([
    ['BTC', 0.005, 0.01, 0.005],
    ['ETH', 0.005, -0.01, 0.005],
  ]);
});
