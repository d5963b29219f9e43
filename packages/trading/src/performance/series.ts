/** Closed trades in the order of their closing, a column each; amounts in the currency of the equity. */
export interface TradeColumns {
  /** Net of fees. */
  readonly pnl: Float64Array;
  /** What was bought and sold, at its price: of a long trade first the one, then the other. */
  readonly bought: Float64Array;
  readonly sold: Float64Array;
  /** Milliseconds since 1970. */
  readonly openedAt: Float64Array;
  readonly closedAt: Float64Array;
}

/** A curve of equity, as columns. */
export interface EquityColumns {
  /** Milliseconds since 1970, ascending. */
  readonly at: Float64Array;
  readonly equity: Float64Array;
}

const DAY_MS = 86_400_000;

/** The equity after each trade, where no other curve is known: the start plus what was realized so far. */
export function equityOfTrades(startingEquity: number, { pnl, closedAt }: TradeColumns): EquityColumns {
  const equity = new Float64Array(pnl.length);
  let value = startingEquity;
  for (let i = 0; i < pnl.length; i += 1) equity[i] = value += pnl[i]!;
  return { at: closedAt, equity };
}

/**
 * The equity at the end of each UTC day from that of `from` to that of `to`, as returns of a day. A day without a point is a day without
 * a return. The first day begins with the starting equity.
 */
export function dailyReturns(
  startingEquity: number,
  { at, equity }: EquityColumns,
  from: number,
  to: number,
): Float64Array {
  const firstDay = Math.floor(from / DAY_MS);
  const days = Math.floor(to / DAY_MS) - firstDay + 1;
  const returns = new Float64Array(Math.max(0, days));
  let before = startingEquity;
  let i = 0;
  for (let day = 0; day < days; day += 1) {
    const end = (firstDay + day + 1) * DAY_MS;
    let last = before;
    for (; i < at.length && at[i]! < end; i += 1) last = equity[i]!;
    returns[day] = last / before - 1;
    before = last;
  }
  return returns;
}

export interface Drawdown {
  /** Below the peak, as a share of it: 0.25 is a quarter lost. */
  readonly depth: number;
  readonly peakAt: number;
  readonly troughAt: number;
  /** When the equity was at the peak again; absent while it is not. */
  readonly recoveredAt?: number;
}

/** The deepest fall from a peak, the starting equity being the first; absent where the equity never fell. */
export function maxDrawdown(startingEquity: number, { at, equity }: EquityColumns, from: number): Drawdown | undefined {
  let peak = startingEquity;
  let peakAt = from;
  let depth = 0;
  let worst: { peak: number; peakAt: number; troughAt: number } | undefined;
  let recoveredAt: number | undefined;
  for (let i = 0; i < equity.length; i += 1) {
    const value = equity[i]!;
    if (value >= peak) {
      if (worst !== undefined && recoveredAt === undefined && value >= worst.peak) recoveredAt = at[i]!;
      peak = value;
      peakAt = at[i]!;
    } else if ((peak - value) / peak > depth) {
      depth = (peak - value) / peak;
      worst = { peak, peakAt, troughAt: at[i]! };
      recoveredAt = undefined;
    }
  }
  if (worst === undefined) return undefined;
  return {
    depth,
    peakAt: worst.peakAt,
    troughAt: worst.troughAt,
    ...(recoveredAt !== undefined && { recoveredAt }),
  };
}

/** Milliseconds in which at least one of the trades was open. */
export function timeInMarket({ openedAt, closedAt }: TradeColumns): number {
  const starts = openedAt.toSorted();
  let total = 0;
  let open = 0;
  let end = 0;
  let since = 0;
  // `closedAt` is ascending: at each moment what has started less what has ended is open.
  for (let i = 0; i < starts.length;) {
    if (starts[i]! <= closedAt[end]!) {
      if (open === 0) since = starts[i]!;
      open += 1;
      i += 1;
    } else {
      open -= 1;
      if (open === 0) total += closedAt[end]! - since;
      end += 1;
    }
  }
  return open > 0 ? total + closedAt.at(-1)! - since : total;
}
