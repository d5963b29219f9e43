import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPositiveSemidefinite, matrixOf } from './correlation-matrix.ts';
import { correlationOf, mergeSums, noSums, sumsOf, swapSums } from './partial-sums.ts';

const value = fc.double({ min: -1, max: 1, noNaN: true });
const pairs = fc.array(fc.tuple(value, value), { maxLength: 50 });

/** Pearson's r as the textbook has it, in two passes. */
function textbook(all: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => all.reduce((sum, pair) => sum + pair[of], 0) / all.length;
  const [first, second] = [mean(0), mean(1)];
  const sum = (of: (x: number, y: number) => number) =>
    all.reduce((total, [x, y]) => total + of(x - first, y - second), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

test('partial sums merge to those of all, wherever they are cut and in any grouping', () => {
  fc.assert(
    fc.property(pairs, pairs, pairs, (a, b, c) => {
      const [sumsA, sumsB, sumsC] = [sumsOf(a), sumsOf(b), sumsOf(c)];
      const left = mergeSums(mergeSums(sumsA, sumsB), sumsC);
      const right = mergeSums(sumsA, mergeSums(sumsB, sumsC));
      const direct = sumsOf([...a, ...b, ...c]);
      for (const member of Object.keys(noSums) as (keyof typeof noSums)[]) {
        expect(left[member]).toBeCloseTo(direct[member], 9);
        expect(right[member]).toBeCloseTo(direct[member], 9);
      }
    }),
  );
});

test('the correlation is that of the textbook, and the same from either side', () => {
  const far = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), {
    minLength: 3,
    maxLength: 60,
  });
  fc.assert(
    fc.property(far, (all) => {
      fc.pre(new Set(all.map(([x]) => x)).size > 1 && new Set(all.map(([, y]) => y)).size > 1);
      const found = correlationOf(sumsOf(all));
      expect(found).toEqual({ correlation: expect.closeTo(textbook(all), 9) });
      expect(correlationOf(swapSums(sumsOf(all)))).toEqual(found);
    }),
  );
});

test('where there is none it says why', () => {
  expect(correlationOf(noSums)).toEqual({ reason: 'too-few-returns' });
  expect(correlationOf(sumsOf([[1, 2]]))).toEqual({ reason: 'too-few-returns' });
  // A constant that no double is exactly: sums of squares would leave a little that is not nothing.
  const constant = Array.from({ length: 1000 }, (_, i) => [0.1, i] as const);
  expect(correlationOf(sumsOf(constant))).toEqual({ reason: 'no-variance' });
  expect(correlationOf(sumsOf(constant.map(([x, y]) => [y, x])))).toEqual({ reason: 'no-variance' });
});

test('a matrix of correlations must be one that prices can have', () => {
  const symbols = ['A-USD', 'B-USD', 'C-USD'];
  const matrix = (ab: number, ac: number, bc: number) =>
    matrixOf(symbols, [
      { first: 'A-USD', second: 'B-USD', target: ab },
      { first: 'A-USD', second: 'C-USD', target: ac },
      { first: 'C-USD', second: 'B-USD', target: bc },
    ]);
  expect(matrix(1, 0.5, 0.25)).toEqual([
    [1, 1, 0.5],
    [1, 1, 0.25],
    [0.5, 0.25, 1],
  ]);
  expect(isPositiveSemidefinite(matrix(0.9, 0.8, 0.7))).toBe(true);
  expect(isPositiveSemidefinite(matrix(1, 1, 1))).toBe(true);
  expect(isPositiveSemidefinite(matrix(-1, 1, -1))).toBe(true);
  expect(isPositiveSemidefinite(matrix(-0.5, -0.5, -0.5))).toBe(true);
  expect(isPositiveSemidefinite(matrix(-0.51, -0.5, -0.5))).toBe(false);
  expect(isPositiveSemidefinite(matrix(0.9, 0.9, -0.9))).toBe(false);
});

test('what real series have is always possible', () => {
  const series = fc.array(fc.tuple(value, value, value), { minLength: 4, maxLength: 40 });
  fc.assert(
    fc.property(series, (rows) => {
      const r = (a: 0 | 1 | 2, b: 0 | 1 | 2) => {
        const found = correlationOf(sumsOf(rows.map((row) => [row[a], row[b]])));
        return 'correlation' in found ? found.correlation : 0;
      };
      expect(
        isPositiveSemidefinite([
          [1, r(0, 1), r(0, 2)],
          [r(0, 1), 1, r(1, 2)],
          [r(0, 2), r(1, 2), 1],
        ]),
      ).toBe(true);
    }),
  );
});
