// The same definitions computed another way, for tests: maps and pairs instead of running sums, quadratic where that is simplest.

export interface PlainTrade {
  pnl: number;
  bought: number;
  sold: number;
  openedAt: number;
  closedAt: number;
}

const DAY_MS = 86_400_000;
const dayOf = (at: number) => Math.floor(at / DAY_MS);
const sum = (values: readonly number[]) =>
  values.toSorted((a, b) => Math.abs(a) - Math.abs(b)).reduce((total, each) => total + each, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
/** By the differences of all pairs: no mean is taken. */
const variance = (values: readonly number[]) => {
  let squares = 0;
  for (let i = 0; i < values.length; i += 1)
    for (let j = i + 1; j < values.length; j += 1) squares += (values[i]! - values[j]!) ** 2;
  return squares / (values.length * (values.length - 1));
};
const covariance = (a: readonly number[], b: readonly number[]) => {
  let products = 0;
  for (let i = 0; i < a.length; i += 1)
    for (let j = i + 1; j < a.length; j += 1) products += (a[i]! - a[j]!) * (b[i]! - b[j]!);
  return products / (a.length * (a.length - 1));
};
/** From the raw moments. */
const standardized = (values: readonly number[], power: 3 | 4) => {
  const raw = (p: number) => mean(values.map((value) => value ** p));
  const [m1, m2, m3, m4] = [raw(1), raw(2), raw(3), raw(4)] as const;
  const second = m2 - m1 ** 2;
  return power === 3
    ? (m3 - 3 * m1 * m2 + 2 * m1 ** 3) / second ** 1.5
    : (m4 - 4 * m1 * m3 + 6 * m1 ** 2 * m2 - 3 * m1 ** 4) / second ** 2 - 3;
};

export interface Plain {
  startingEquity: number;
  from: number;
  to: number;
  trades: readonly PlainTrade[];
  benchmark: readonly number[];
  periodsPerYear: number;
  riskFree: number;
}

/** Values by name; absent where there is none. */
export function measureOtherwise({
  startingEquity,
  from,
  to,
  trades,
  benchmark,
  periodsPerYear,
  riskFree,
}: Plain): Map<string, number> {
  const closed = trades.toSorted((a, b) => a.closedAt - b.closedAt);
  const equityAt = (end: number) =>
    startingEquity + sum(closed.filter(({ closedAt }) => closedAt < end).map(({ pnl }) => pnl));
  const days = Array.from({ length: dayOf(to) - dayOf(from) + 1 }, (_, i) => dayOf(from) + i);
  const ends = days.map((day) => equityAt((day + 1) * DAY_MS));
  const returns = ends.map(
    (end, i) => (end - (i === 0 ? startingEquity : ends[i - 1]!)) / (i === 0 ? startingEquity : ends[i - 1]!),
  );
  const years = days.length / periodsPerYear;
  const rate = Math.expm1(Math.log1p(riskFree) / periodsPerYear);
  const excess = returns.map((value) => value - rate);
  const active = returns.map((value, i) => value - benchmark[i]!);
  const wins = trades.filter(({ pnl }) => pnl > 0).map(({ pnl }) => pnl);
  const losses = trades.filter(({ pnl }) => pnl < 0).map(({ pnl }) => pnl);
  const curve = closed.map((_, i) => startingEquity + sum(closed.slice(0, i + 1).map(({ pnl }) => pnl)));
  const final = curve.at(-1) ?? startingEquity;
  const falls = curve.map((value, i) => 1 - value / Math.max(startingEquity, ...curve.slice(0, i + 1)));
  const depth = Math.max(0, ...falls);
  const cagr = Math.expm1(Math.log(final / startingEquity) / years);
  const beta = covariance(returns, benchmark) / variance(benchmark);
  const intervals = trades.toSorted((a, b) => a.openedAt - b.openedAt);
  let open = 0;
  let reached = -Infinity;
  for (const { openedAt, closedAt } of intervals) {
    open += Math.max(0, closedAt - Math.max(openedAt, reached));
    reached = Math.max(reached, closedAt);
  }
  return new Map(
    Object.entries({
      'total-return': final / startingEquity - 1,
      cagr,
      volatility: Math.sqrt(variance(returns) * periodsPerYear),
      sharpe: (mean(excess) * Math.sqrt(periodsPerYear)) / Math.sqrt(variance(excess)),
      sortino:
        (mean(excess) * Math.sqrt(periodsPerYear)) / Math.sqrt(mean(excess.map((value) => Math.min(value, 0) ** 2))),
      calmar: cagr / depth,
      'max-drawdown': depth,
      'profit-factor': sum(wins) / -sum(losses),
      expectancy: mean(trades.map(({ pnl }) => pnl)),
      'win-rate': wins.length / trades.length,
      'average-win': mean(wins),
      'average-loss': mean(losses),
      skew: standardized(returns, 3),
      kurtosis: standardized(returns, 4),
      beta,
      alpha: (mean(excess) - beta * mean(benchmark.map((value) => value - rate))) * periodsPerYear,
      'tracking-error': Math.sqrt(variance(active) * periodsPerYear),
      'information-ratio': (mean(active) * periodsPerYear) / Math.sqrt(variance(active) * periodsPerYear),
      treynor: (mean(excess) * periodsPerYear) / beta,
      turnover:
        Math.min(sum(trades.map(({ bought }) => bought)), sum(trades.map(({ sold }) => sold))) / mean(ends) / years,
      'exposure-time': open / (to - from),
      trades: trades.length,
    }),
  );
}
