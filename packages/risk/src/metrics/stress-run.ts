import type { Instant } from '@tse/core';
import { type Holding, type PricedSymbol, valuePositions } from './risk-summary.ts';

/** What these holdings gain or lose by the shocks, symbol by symbol; what has no price or no shock is listed, and counts as unmoved. */
export function applyShocks(
  holdings: readonly Holding[],
  prices: ReadonlyMap<string, PricedSymbol>,
  shocks: Readonly<Record<string, number>>,
  at: Instant,
) {
  const { positions, missing } = valuePositions(holdings, prices, Date.parse(at));
  const bySymbol = Object.fromEntries(
    positions.map(({ symbol, value }) => [symbol, Number(value) * (shocks[symbol] ?? 0)]),
  );
  const unshocked = positions.flatMap(({ symbol }) => (shocks[symbol] === undefined ? [`shock of ${symbol}`] : []));
  return {
    profit: Object.values(bySymbol).reduce((sum, part) => sum + part, 0),
    bySymbol,
    missing: [...missing.map(({ what, of }) => `${what} of ${of}`), ...unshocked],
  };
}
