import { type Decimal, type Instant, decimal } from '@tse/core';
import type { Missing, RiskSummary, ValuedPosition } from './metrics.ts';
import {
  FEWEST_OBSERVATIONS,
  componentVar,
  historicalVar,
  maximumDrawdown,
  parametricVar,
  portfolioOutcomes,
  returnsOf,
  scaled,
} from './value-at-risk.ts';

/** A symbol's price now, its quote asset's rate, and its closes, oldest first. */
export interface PricedSymbol {
  symbol: string;
  price: Decimal | null;
  kind: string | null;
  at: Instant | null;
  /** `price-missing`, `price-stale`, of the symbol or of its quote asset. */
  code: string | null;
  /** Of one unit of the quote asset, in the currency. */
  rate: Decimal | null;
  foreign: boolean;
  closes: readonly { at: Instant; price: Decimal }[];
}

export interface Holding {
  symbol: string;
  quantity: Decimal;
  averagePrice?: Decimal | undefined;
}

export interface Parameters {
  currency: string;
  confidence: number;
  horizon: number;
  periodMs: number;
  lookback: number;
}

/** Returns of all symbols for the periods in which each of them has one. */
export interface AlignedReturns {
  symbols: string[];
  exposures: number[];
  returns: number[][];
  from?: Instant;
  until?: Instant;
}

const ZERO = '0' as Decimal;

/** Rounded to what money has of digits: a rate may have as many as the price. */
const product = (...factors: string[]): Decimal =>
  factors.reduce((value, factor) => decimal.round(exactly(value, factor), 18, 'half-even'), '1') as Decimal;

/** Both are cut to nine fraction digits where their product would have too many. */
function exactly(a: string, b: string): string {
  const digits = decimal.scale(decimal.of(a)) + decimal.scale(decimal.of(b));
  return digits <= 18
    ? decimal.times(a, b)
    : decimal.times(decimal.round(a, 9, 'half-even'), decimal.round(b, 9, 'half-even'));
}

export function valuePositions(
  holdings: readonly Holding[],
  prices: ReadonlyMap<string, PricedSymbol>,
  now: number,
): { positions: ValuedPosition[]; missing: Missing[] } {
  const positions: ValuedPosition[] = [];
  const missing: Missing[] = [];
  for (const { symbol, quantity, averagePrice } of holdings) {
    const found = prices.get(symbol);
    if (found?.code) missing.push({ what: 'price', of: symbol, reason: found.code });
    if (quantity === '0' || !found || found.price === null || found.rate === null) continue;
    const value = product(quantity, found.price, found.rate);
    positions.push({
      symbol,
      quantity,
      price: found.price,
      kind: found.kind!,
      ageMs: now - Date.parse(found.at!),
      value,
      ...(averagePrice !== undefined && {
        unrealized: decimal.minus(value, product(quantity, averagePrice, found.rate)),
      }),
    });
  }
  return { positions, missing };
}

/** Of those that are valued and have a history; what has none is listed. */
export function alignReturns(
  positions: readonly ValuedPosition[],
  prices: ReadonlyMap<string, PricedSymbol>,
  missing: Missing[],
): AlignedReturns {
  const exposures = new Map<string, number>();
  for (const { symbol, value } of positions) exposures.set(symbol, (exposures.get(symbol) ?? 0) + Number(value));
  const symbols = [...exposures.keys()].filter((symbol) => {
    const { closes, foreign } = prices.get(symbol)!;
    if (foreign) missing.push({ what: 'fx-risk', of: symbol, reason: 'the rate of its quote asset is taken as it is' });
    if (closes.length > FEWEST_OBSERVATIONS) return true;
    missing.push({
      what: 'history',
      of: symbol,
      reason: `${closes.length} closes, at least ${FEWEST_OBSERVATIONS + 1} are needed`,
    });
    return false;
  });
  const counts = new Map<string, number>();
  for (const symbol of symbols)
    for (const { at } of prices.get(symbol)!.closes) counts.set(at, (counts.get(at) ?? 0) + 1);
  const common = [...counts].flatMap(([at, n]) => (n === symbols.length ? [at] : [])).sort();
  const returns = symbols.map((symbol) => {
    const byTime = new Map<string, number>(prices.get(symbol)!.closes.map(({ at, price }) => [at, Number(price)]));
    return returnsOf(common.map((at) => byTime.get(at)!));
  });
  return {
    symbols,
    exposures: symbols.map((symbol) => exposures.get(symbol)!),
    returns,
    ...(common.length > 0 && { from: common[0] as Instant, until: common.at(-1) as Instant }),
  };
}

/** The whole summary, from what is held and what is known of it. */
export function summarize(
  holdings: readonly Holding[],
  prices: ReadonlyMap<string, PricedSymbol>,
  { currency, confidence, horizon, periodMs }: Parameters,
  { at, equity }: { at: Instant; equity: Decimal | undefined },
): RiskSummary {
  const { positions, missing } = valuePositions(holdings, prices, Date.parse(at));
  const long = decimal.sum(positions.map(({ value }) => (decimal.isNegative(value) ? ZERO : value)));
  const short = decimal.sum(positions.map(({ value }) => (decimal.isNegative(value) ? decimal.negate(value) : ZERO)));
  const gross = decimal.plus(long, short);
  const aligned = alignReturns(positions, prices, missing);
  const observations = aligned.returns[0]?.length ?? 0;
  const outcomes = portfolioOutcomes(aligned.exposures, aligned.returns);
  const enough = observations >= FEWEST_OBSERVATIONS && aligned.symbols.length > 0;
  if (positions.length > 0 && !enough)
    missing.push({
      what: 'value-at-risk',
      of: 'all positions',
      reason: `${observations} returns in common, at least ${FEWEST_OBSERVATIONS} are needed`,
    });
  if (equity === undefined)
    missing.push({ what: 'equity', of: 'leverage and drawdown', reason: 'no equity was given' });

  const shares = shareBySymbol(positions, gross);
  const total = Number(gross);
  return {
    currency,
    at,
    exposure: { gross, net: decimal.minus(long, short), long, short },
    positions,
    unrealized: decimal.sum(positions.map(({ unrealized }) => unrealized ?? ZERO)),
    ...(shares && { concentration: shares }),
    ...(equity !== undefined && Number(equity) > 0 && { leverage: total / Number(equity) }),
    ...(enough && { valueAtRisk: bothMethods(aligned, outcomes, confidence, horizon) }),
    ...(enough && equity !== undefined && { maximumDrawdown: maximumDrawdown(Number(equity), outcomes) }),
    missing,
    inputs: {
      confidence,
      horizon,
      periodMs,
      observations,
      ...(aligned.from !== undefined && { from: aligned.from, until: aligned.until! }),
      symbols: aligned.symbols,
    },
  };
}

function bothMethods(aligned: AlignedReturns, outcomes: readonly number[], confidence: number, horizon: number) {
  const over = scaled(outcomes, horizon);
  const historical = historicalVar(over, confidence);
  const parametric = parametricVar(over, confidence);
  const parts = componentVar(
    aligned.exposures.map((exposure) => exposure * Math.sqrt(horizon)),
    aligned.returns,
    confidence,
  );
  return {
    historical: { value: historical.valueAtRisk, expectedShortfall: historical.expectedShortfall },
    parametric: { value: parametric.valueAtRisk, expectedShortfall: parametric.expectedShortfall },
    components: Object.fromEntries(aligned.symbols.map((symbol, i) => [symbol, parts[i]!])),
  };
}

function shareBySymbol(positions: readonly ValuedPosition[], gross: Decimal): RiskSummary['concentration'] {
  if (gross === '0') return undefined;
  const bySymbol = new Map<string, number>();
  for (const { symbol, value } of positions)
    bySymbol.set(symbol, (bySymbol.get(symbol) ?? 0) + Math.abs(Number(value)) / Number(gross));
  const [symbol, share] = [...bySymbol].reduce((most, each) => (each[1] > most[1] ? each : most));
  return { symbol, share, herfindahl: [...bySymbol.values()].reduce((sum, part) => sum + part * part, 0) };
}
