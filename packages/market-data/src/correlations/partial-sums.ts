/** What is kept of paired values: their number, means, and sums of squared and mixed deviations from them. */
export interface PartialSums {
  n: number;
  meanFirst: number;
  meanSecond: number;
  squaresFirst: number;
  squaresSecond: number;
  products: number;
}

export const noSums: PartialSums = {
  n: 0,
  meanFirst: 0,
  meanSecond: 0,
  squaresFirst: 0,
  squaresSecond: 0,
  products: 0,
};

export const sumsOf = (pairs: Iterable<readonly [first: number, second: number]>): PartialSums => {
  let sums = noSums;
  for (const [first, second] of pairs)
    sums = mergeSums(sums, {
      n: 1,
      meanFirst: first,
      meanSecond: second,
      squaresFirst: 0,
      squaresSecond: 0,
      products: 0,
    });
  return sums;
};

/** The sums of both parts together (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm", 1979). */
export function mergeSums(a: PartialSums, b: PartialSums): PartialSums {
  if (a.n === 0) return b;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const [first, second] = [b.meanFirst - a.meanFirst, b.meanSecond - a.meanSecond];
  const weight = (a.n * b.n) / n;
  return {
    n,
    meanFirst: a.meanFirst + (first * b.n) / n,
    meanSecond: a.meanSecond + (second * b.n) / n,
    squaresFirst: a.squaresFirst + b.squaresFirst + first * first * weight,
    squaresSecond: a.squaresSecond + b.squaresSecond + second * second * weight,
    products: a.products + b.products + first * second * weight,
  };
}

/** The same seen from the other side. */
export const swapSums = (sums: PartialSums): PartialSums => ({
  n: sums.n,
  meanFirst: sums.meanSecond,
  meanSecond: sums.meanFirst,
  squaresFirst: sums.squaresSecond,
  squaresSecond: sums.squaresFirst,
  products: sums.products,
});

/** Why there is no correlation. */
export type NoCorrelation = 'too-few-returns' | 'no-variance';

/** Pearson's correlation, or why there is none. Values that differ by less than their rounding do not vary. */
export function correlationOf(sums: PartialSums): { correlation: number } | { reason: NoCorrelation } {
  if (sums.n < 2) return { reason: 'too-few-returns' };
  const isConstant = (squares: number, mean: number) => squares <= sums.n * (mean * Number.EPSILON * 4) ** 2;
  if (isConstant(sums.squaresFirst, sums.meanFirst) || isConstant(sums.squaresSecond, sums.meanSecond))
    return { reason: 'no-variance' };
  const correlation = sums.products / (Math.sqrt(sums.squaresFirst) * Math.sqrt(sums.squaresSecond));
  return { correlation: Math.max(-1, Math.min(1, correlation)) };
}
