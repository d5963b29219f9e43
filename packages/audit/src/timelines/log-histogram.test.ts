import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GROWTH, quantile } from './log-histogram.ts';

/** As `histogram_bucket` has it; that the two agree is tested where the database is. */
const bucketOf = (us: number) => (us <= 1 ? 0 : Math.ceil(Math.log(us) / Math.log(GROWTH)));
const histogram = (values: readonly number[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[bucketOf(value)] = (counts[bucketOf(value)] ?? 0) + 1;
  return counts;
};

test('a quantile is right to 1 %, of whatever was observed', () => {
  const values = fc.array(fc.double({ min: 1, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (observed, q) => {
      const sorted = observed.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
      const said = quantile(histogram(observed), q)!;
      expect(Math.abs(said - exact) / exact).toBeLessThanOrEqual(0.01 + 1e-9);
    }),
  );
});

test('of nothing there is none; what took no time is a microsecond', () => {
  expect(quantile({}, 0.5)).toBeUndefined();
  expect(quantile(histogram([0, -5, 0.3]), 0.99)).toBe(1);
});
