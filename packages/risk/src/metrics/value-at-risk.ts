import { normalDensity, normalQuantile } from './normal.ts';

/** What may be lost, as numbers of zero or above in the reporting currency. */
export interface VarResult {
  valueAtRisk: number;
  expectedShortfall: number;
}

/** Fewer observations than this tell nothing of a tail. */
export const FEWEST_OBSERVATIONS = 20;

/**
 * Historical simulation: the loss that the share `confidence` of the outcomes did not exceed, and the mean of those that were as bad or
 * worse. The quantile is the ceil((1 - confidence) * n)-th worst outcome. Jorion, "Value at Risk", 3rd edition, chapters 5 and 10;
 * expected shortfall by Acerbi and Tasche, "On the coherence of expected shortfall" (2002).
 */
export function historicalVar(outcomes: readonly number[], confidence: number): VarResult {
  const sorted = outcomes.toSorted((a, b) => a - b);
  // Against the last digit of a double: 0.05 * 100 is 5, not a little more.
  const tail = Math.max(1, Math.ceil((1 - confidence) * sorted.length - 1e-9));
  const worst = sorted.slice(0, tail);
  return { valueAtRisk: loss(worst.at(-1)!), expectedShortfall: loss(mean(worst)) };
}

/**
 * Variance-covariance: outcomes are taken for normal with their mean and (n - 1) standard deviation. VaR = z s - m and
 * ES = s phi(z) / (1 - confidence) - m. "RiskMetrics Technical Document", 4th edition (1996); McNeil, Frey, Embrechts, "Quantitative Risk
 * Management", 2.2.4.
 */
export function parametricVar(outcomes: readonly number[], confidence: number): VarResult {
  const m = mean(outcomes);
  const s = deviation(outcomes);
  const z = normalQuantile(confidence);
  return {
    valueAtRisk: Math.max(0, z * s - m),
    expectedShortfall: Math.max(0, (s * normalDensity(z)) / (1 - confidence) - m),
  };
}

/** Outcomes over several periods from those over one, by the square root of time. Basel Committee, MAR30.14. */
export const scaled = (outcomes: readonly number[], horizon: number): number[] =>
  outcomes.map((outcome) => outcome * Math.sqrt(horizon));

/** The change of each period: later over earlier, less one. */
export const returnsOf = (prices: readonly number[]): number[] =>
  prices.slice(1).map((price, i) => price / prices[i]! - 1);

/**
 * Correlated normal outcomes of exposures, from the covariance of their returns: a lower triangle L with L L' = covariance turns independent
 * draws into dependent ones. Glasserman, "Monte Carlo Methods in Financial Engineering", 2.3.3. The same seed draws the same.
 */
export function simulatedOutcomes(
  exposures: readonly number[],
  returns: readonly (readonly number[])[],
  { draws, seed }: { draws: number; seed: number },
): number[] {
  const means = returns.map(mean);
  const triangle = cholesky(covariance(returns, means));
  const next = generator(seed);
  return Array.from({ length: draws }, () => {
    const z = exposures.map(() => gaussian(next));
    return exposures.reduce(
      (sum, exposure, i) => sum + exposure * (means[i]! + triangle[i]!.reduce((part, l, k) => part + l * z[k]!, 0)),
      0,
    );
  });
}

/**
 * What each exposure adds to a parametric VaR, in their order: z times its covariance with the whole over the deviation of the whole, less its
 * own mean. They sum to it. Euler allocation; Jorion, chapter 7.
 */
export function componentVar(
  exposures: readonly number[],
  returns: readonly (readonly number[])[],
  confidence: number,
): number[] {
  const outcomes = portfolioOutcomes(exposures, returns);
  const s = deviation(outcomes);
  const m = mean(outcomes);
  const z = normalQuantile(confidence);
  return exposures.map((exposure, i) => {
    const own = returns[i]!.map((change) => change * exposure);
    const together = covarianceOf(own, mean(own), outcomes, m);
    return (s === 0 ? 0 : (z * together) / s) - mean(own);
  });
}

/** What the whole would have gained or lost in each period, as it stands now. */
export function portfolioOutcomes(exposures: readonly number[], returns: readonly (readonly number[])[]): number[] {
  const n = returns[0]?.length ?? 0;
  return Array.from({ length: n }, (_, t) =>
    exposures.reduce((sum, exposure, i) => sum + exposure * returns[i]![t]!, 0),
  );
}

/** The deepest fall from a peak of the sum of outcomes on a start, as a part of that peak. Magdon-Ismail and Atiya, "Maximum Drawdown" (2004). */
export function maximumDrawdown(start: number, outcomes: readonly number[]): number {
  let value = start;
  let peak = start;
  let deepest = 0;
  for (const outcome of outcomes) {
    value += outcome;
    peak = Math.max(peak, value);
    if (peak > 0) deepest = Math.max(deepest, (peak - value) / peak);
  }
  return deepest;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** With n - 1. */
export function deviation(values: readonly number[]): number {
  const m = mean(values);
  return Math.sqrt(covarianceOf(values, m, values, m));
}

const loss = (outcome: number) => Math.max(0, -outcome);

function covarianceOf(a: readonly number[], ma: number, b: readonly number[], mb: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i]! - ma) * (b[i]! - mb);
  return sum / (a.length - 1);
}

const covariance = (series: readonly (readonly number[])[], means: readonly number[]): number[][] =>
  series.map((a, i) => series.map((b, k) => covarianceOf(a, means[i]!, b, means[k]!)));

/** Also of a covariance without full rank: a series that the others tell has a row without a part of its own. */
function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const lower = matrix.map((row) => row.map(() => 0));
  for (let i = 0; i < matrix.length; i += 1) {
    for (let k = 0; k <= i; k += 1) {
      let rest = matrix[i]![k]!;
      for (let j = 0; j < k; j += 1) rest -= lower[i]![j]! * lower[k]![j]!;
      if (i === k) lower[i]![k] = rest > 1e-18 ? Math.sqrt(rest) : 0;
      else {
        const own = lower[k]![k]!;
        lower[i]![k] = own === 0 ? 0 : rest / own;
      }
    }
  }
  return lower;
}

/** Uniform on (0, 1): SplitMix32, by Steele, Lea and Flood (2014). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32 + 2 ** -33;
  };
}

const gaussian = (next: () => number): number => normalQuantile(next());
