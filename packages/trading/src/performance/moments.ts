export const meanOf = (values: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return sum / values.length;
};

/** Sums of the powers of the differences from the mean. */
export interface CentralSums {
  readonly n: number;
  readonly mean: number;
  readonly second: number;
  readonly third: number;
  readonly fourth: number;
}

export function centralSums(values: Float64Array): CentralSums {
  const mean = meanOf(values);
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < values.length; i += 1) {
    const d = values[i]! - mean;
    const squared = d * d;
    second += squared;
    third += squared * d;
    fourth += squared * squared;
  }
  return { n: values.length, mean, second, third, fourth };
}

/** With n - 1: the deviation of a sample. */
export const sampleDeviation = ({ n, second }: CentralSums): number => Math.sqrt(second / (n - 1));

/** The sum of the products of the differences of both from their means. */
export function crossSum(a: Float64Array, meanA: number, b: Float64Array, meanB: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i]! - meanA) * (b[i]! - meanB);
  return sum;
}
