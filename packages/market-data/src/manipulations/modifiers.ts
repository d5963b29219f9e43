import { type Decimal, decimal } from '@tse/core';

/** What a manipulation does to a symbol. Shifts are in basis points of what would be without it. */
export interface Modifier {
  priceShiftBps?: number | undefined;
  /** Added after the shift, in the quote asset. */
  priceOffset?: Decimal | undefined;
  spreadShiftBps?: number | undefined;
  volumeShiftBps?: number | undefined;
  volatilityShiftBps?: number | undefined;
  /** No new prices are told. */
  frozen?: boolean | undefined;
}

/** What all manipulations of a symbol do together; nothing is all zeros. */
export interface EffectiveModifier {
  priceShiftBps: number;
  priceOffset: Decimal;
  spreadShiftBps: number;
  volumeShiftBps: number;
  volatilityShiftBps: number;
  frozen: boolean;
}

const LOWEST_BPS = -10_000;
/** A price never comes to nothing by a shift. */
const LOWEST_PRICE_BPS = -9_999;

const shifts = ['priceShiftBps', 'spreadShiftBps', 'volumeShiftBps', 'volatilityShiftBps'] as const;

/** Manipulations add up: shifts and offsets are summed, a shift goes down to nothing and no further. The order does not matter. */
export function composeModifiers(modifiers: readonly Modifier[]): EffectiveModifier {
  const sum = (shift: (typeof shifts)[number]) =>
    modifiers.reduce((total, modifier) => total + (modifier[shift] ?? 0), 0);
  return {
    priceShiftBps: Math.max(LOWEST_PRICE_BPS, sum('priceShiftBps')),
    priceOffset: decimal.sum(modifiers.map(({ priceOffset = '0' }) => priceOffset)),
    spreadShiftBps: Math.max(LOWEST_BPS, sum('spreadShiftBps')),
    volumeShiftBps: Math.max(LOWEST_BPS, sum('volumeShiftBps')),
    volatilityShiftBps: Math.max(LOWEST_BPS, sum('volatilityShiftBps')),
    frozen: modifiers.some(({ frozen }) => frozen === true),
  };
}

/**
 * The price as manipulated, rounded half to even to `scale` fraction digits; `undefined` where the offset would take it to zero or
 * below, which no price may be.
 */
export function manipulatedPrice(
  price: Decimal,
  { priceShiftBps, priceOffset }: Pick<EffectiveModifier, 'priceShiftBps' | 'priceOffset'>,
  scale: number,
): Decimal | undefined {
  const shifted = decimal.div(decimal.times(price, String(10_000 + priceShiftBps)), '10000', 18, 'half-even');
  const result = decimal.round(decimal.plus(shifted, priceOffset), scale, 'half-even');
  return result === '0' || decimal.isNegative(result) ? undefined : result;
}
