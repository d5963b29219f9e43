import { toUnits } from '../fixed-point.ts';
import type { Survey } from '../prints/survey.ts';

/** A market as the participants know it: how fine its numbers are and what trading costs. */
export interface MarketTerms {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly priceScale: number;
  readonly quantityScale: number;
  /** How many fraction digits balances of the two assets have. */
  readonly baseScale: number;
  readonly quoteScale: number;
  /** The fee of a taker as a fraction of the cost, at most nine decimals. */
  readonly takerFee: string;
}

const RATE_SCALE = 9;
const USUAL_ASSET_SCALE = 8;

/** The terms for prints as they were surveyed: assets fine enough that price × quantity is exact. */
export function marketTerms({ symbol, base, quote, priceScale, quantityScale }: Survey, takerFee: string): MarketTerms {
  const baseScale = Math.max(USUAL_ASSET_SCALE, quantityScale);
  const quoteScale = Math.max(USUAL_ASSET_SCALE, priceScale + quantityScale);
  return { symbol, base, quote, priceScale, quantityScale, baseScale, quoteScale, takerFee };
}

/** What a buy holds at most: its cost, given in ticks × lots, and the fee, rounded up to the quote asset's scale. */
export function costWithFee(cost: bigint, { priceScale, quantityScale, quoteScale, takerFee }: MarketTerms): bigint {
  const withFee = cost * (10n ** BigInt(RATE_SCALE) + toUnits(takerFee, RATE_SCALE)) * 10n ** BigInt(quoteScale);
  const divisor = 10n ** BigInt(priceScale + quantityScale + RATE_SCALE);
  return (withFee + divisor - 1n) / divisor;
}
