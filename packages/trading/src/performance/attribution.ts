/** A segment of portfolio and benchmark over one period: weights at its start, returns as shares. */
export interface SegmentInput {
  readonly segment: string;
  readonly portfolioWeight: number;
  readonly portfolioReturn: number;
  readonly benchmarkWeight: number;
  readonly benchmarkReturn: number;
}

/** What one segment added in one period, as shares (Brinson and Fachler, 1985). */
export interface Effect {
  period: number;
  segment: string;
  allocation: number;
  selection: number;
  interaction: number;
}

export interface Attributed {
  portfolioReturn: number;
  benchmarkReturn: number;
  effects: Effect[];
}

/**
 * Where the active return came from (Brinson and Fachler, 1985): allocation (wp − wb)(rb − Rb), selection wb(rp − rb), interaction
 * (wp − wb)(rp − rb). Over several periods the effects are linked so that they sum to the difference of the compounded returns
 * (Cariño, Combining Attribution Effects Over Time, 1999).
 */
export function attribute(periods: readonly (readonly SegmentInput[])[]): Attributed {
  const totals = periods.map((segments) => ({
    portfolio: segments.reduce(
      (sum, { portfolioWeight, portfolioReturn }) => sum + portfolioWeight * portfolioReturn,
      0,
    ),
    benchmark: segments.reduce(
      (sum, { benchmarkWeight, benchmarkReturn }) => sum + benchmarkWeight * benchmarkReturn,
      0,
    ),
  }));
  const compounded = (of: 'portfolio' | 'benchmark') =>
    totals.reduce((growth, total) => growth * (1 + total[of]), 1) - 1;
  const [portfolioReturn, benchmarkReturn] =
    totals.length === 1
      ? [totals[0]!.portfolio, totals[0]!.benchmark]
      : [compounded('portfolio'), compounded('benchmark')];
  const whole = linkOf(portfolioReturn, benchmarkReturn);
  const effects = periods.flatMap((segments, period) => {
    const { portfolio, benchmark } = totals[period]!;
    const link = totals.length === 1 ? 1 : linkOf(portfolio, benchmark) / whole;
    return segments.map(
      ({ segment, portfolioWeight, portfolioReturn: ours, benchmarkWeight, benchmarkReturn: theirs }): Effect => ({
        period,
        segment,
        allocation: (portfolioWeight - benchmarkWeight) * (theirs - benchmark) * link,
        selection: benchmarkWeight * (ours - theirs) * link,
        interaction: (portfolioWeight - benchmarkWeight) * (ours - theirs) * link,
      }),
    );
  });
  return { portfolioReturn, benchmarkReturn, effects };
}

/** Cariño's factor; its limit where both returns are the same. */
const linkOf = (portfolio: number, benchmark: number): number =>
  portfolio === benchmark
    ? 1 / (1 + portfolio)
    : (Math.log1p(portfolio) - Math.log1p(benchmark)) / (portfolio - benchmark);
