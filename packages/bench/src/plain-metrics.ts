import type { Measured } from '@tse/trading';

const DAY_MS = 86_400_000;

/** The arithmetic of `computeMetrics` as somebody writes it down once, in plain loops: values in the order of its metrics. */
export function plainMetrics(
  {
    startingEquity,
    from,
    to,
    trades: { pnl, bought, sold, openedAt, closedAt },
    benchmark,
  }: Measured & { benchmark: Float64Array },
  periodsPerYear: number,
  riskFree: number,
): number[] {
  const n = pnl.length;
  const firstDay = Math.floor(from / DAY_MS);
  const days = Math.floor(to / DAY_MS) - firstDay + 1;
  const returns = new Float64Array(days);
  const equity = new Float64Array(n);
  let value = startingEquity;
  let isPositive = startingEquity > 0;
  let won = 0;
  let lost = 0;
  let wins = 0;
  let losses = 0;
  let buys = 0;
  let sells = 0;
  let peak = startingEquity;
  let depth = 0;
  for (let i = 0; i < n; i += 1) {
    const each = pnl[i]!;
    equity[i] = value += each;
    if (value <= 0) isPositive = false;
    if (each > 0) {
      won += each;
      wins += 1;
    } else if (each < 0) {
      lost -= each;
      losses += 1;
    }
    buys += bought[i]!;
    sells += sold[i]!;
    if (value >= peak) peak = value;
    else if ((peak - value) / peak > depth) depth = (peak - value) / peak;
  }
  let before = startingEquity;
  let at = 0;
  let meanEquity = 0;
  let mean = 0;
  for (let day = 0; day < days; day += 1) {
    const end = (firstDay + day + 1) * DAY_MS;
    let last = before;
    for (; at < n && closedAt[at]! < end; at += 1) last = equity[at]!;
    mean += returns[day] = last / before - 1;
    meanEquity += last;
    before = last;
  }
  mean /= days;
  meanEquity /= days;
  const rate = (1 + riskFree) ** (1 / periodsPerYear) - 1;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let below = 0;
  let theirMean = 0;
  for (let i = 0; i < days; i += 1) theirMean += benchmark[i]!;
  theirMean /= days;
  let theirs = 0;
  let both = 0;
  let active = 0;
  for (let i = 0; i < days; i += 1) {
    const d = returns[i]! - mean;
    second += d * d;
    third += d * d * d;
    fourth += d * d * d * d;
    if (returns[i]! < rate) below += (returns[i]! - rate) ** 2;
    const b = benchmark[i]! - theirMean;
    theirs += b * b;
    both += d * b;
    active += (d - b) ** 2;
  }
  const starts = openedAt.toSorted();
  let open = 0;
  let ended = 0;
  let since = 0;
  let busy = 0;
  for (let i = 0; i < n;) {
    if (starts[i]! <= closedAt[ended]!) {
      if (open === 0) since = starts[i]!;
      open += 1;
      i += 1;
    } else {
      open -= 1;
      if (open === 0) busy += closedAt[ended]! - since;
      ended += 1;
    }
  }
  if (open > 0) busy += closedAt[n - 1]! - since;
  const years = days / periodsPerYear;
  const growth = value / startingEquity;
  const cagr = growth ** (1 / years) - 1;
  const deviation = Math.sqrt(second / (days - 1));
  const excess = mean - rate;
  const annual = Math.sqrt(periodsPerYear);
  const beta = both / theirs;
  const error = Math.sqrt(active / (days - 1)) * annual;
  return [
    isPositive ? growth - 1 : NaN,
    cagr,
    deviation * annual,
    (excess / deviation) * annual,
    (excess / Math.sqrt(below / days)) * annual,
    cagr / depth,
    depth,
    won / lost,
    (won - lost) / n,
    wins / n,
    won / wins,
    -lost / losses,
    third / days / (second / days) ** 1.5,
    fourth / days / (second / days) ** 2 - 3,
    (excess - beta * (theirMean - rate)) * periodsPerYear,
    beta,
    ((mean - theirMean) * periodsPerYear) / error,
    error,
    (excess * periodsPerYear) / beta,
    Math.min(buys, sells) / meanEquity / years,
    busy / (to - from),
    n,
  ];
}
