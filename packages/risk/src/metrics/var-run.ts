import type { Instant } from '@tse/core';
import type { VarRun } from './metrics.ts';
import { type Holding, type Parameters, type PricedSymbol, alignReturns, valuePositions } from './risk-summary.ts';
import {
  FEWEST_OBSERVATIONS,
  componentVar,
  historicalVar,
  parametricVar,
  portfolioOutcomes,
  scaled,
  simulatedOutcomes,
} from './value-at-risk.ts';

/** How a run is made, beside the parameters that every measure has. */
export interface VarMethod {
  method: VarRun['method'];
  seed: number;
  draws: number;
}

/** What a run for these holdings comes to; where there is too little to tell, the reason. */
export function measureVar(
  holdings: readonly Holding[],
  prices: ReadonlyMap<string, PricedSymbol>,
  { method, seed, draws, confidence, horizon }: VarMethod & Parameters,
  at: Instant,
) {
  const { positions, missing } = valuePositions(holdings, prices, Date.parse(at));
  const aligned = alignReturns(positions, prices, missing);
  const observations = aligned.returns[0]?.length ?? 0;
  const enough = observations >= FEWEST_OBSERVATIONS && aligned.symbols.length > 0;
  const real = scaled(portfolioOutcomes(aligned.exposures, aligned.returns), horizon);
  const outcomes =
    enough && method === 'monte-carlo'
      ? scaled(simulatedOutcomes(aligned.exposures, aligned.returns, { draws, seed }), horizon)
      : real;
  const result = enough
    ? method === 'parametric'
      ? parametricVar(outcomes, confidence)
      : historicalVar(outcomes, confidence)
    : undefined;
  const parts = enough
    ? componentVar(
        aligned.exposures.map((exposure) => exposure * Math.sqrt(horizon)),
        aligned.returns,
        confidence,
      )
    : [];
  return {
    observations,
    outcomes,
    valueAtRisk: result?.valueAtRisk ?? null,
    expectedShortfall: result?.expectedShortfall ?? null,
    reason: result ? null : positions.length === 0 ? 'nothing-held' : 'too-few-observations',
    components: Object.fromEntries(aligned.symbols.map((symbol, i) => [symbol, parts[i] ?? 0])),
    missing: missing.map(({ what, of }) => `${what} of ${of}`),
  };
}
