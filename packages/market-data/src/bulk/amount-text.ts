import { type Decimal, decimal } from '@tse/core';

// One pass in the engine: text that was cut out of a line or joined is not flat, and costs more each time one of its characters is asked for.
const canonical = /^(?:0|[1-9]\d{0,19})(?:\.\d{0,17}[1-9])?$/;

/**
 * The canonical form of a decimal literal that is zero or above, or `undefined` where it is none. Bulk input goes through here: what is
 * canonical already is only looked at.
 */
export function amountOf(input: unknown): Decimal | undefined {
  if (typeof input !== 'string') return undefined;
  return canonical.test(input) ? (input as Decimal) : slow(input);
}

function slow(input: string): Decimal | undefined {
  try {
    const value = decimal.of(input);
    return decimal.isNegative(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** Compares two canonical decimals that are zero or above. */
export function compareAmounts(a: string, b: string): number {
  if (a === b) return 0;
  const pointA = a.indexOf('.');
  const pointB = b.indexOf('.');
  const wholeA = pointA < 0 ? a.length : pointA;
  const wholeB = pointB < 0 ? b.length : pointB;
  // Without leading zeros the longer number is the greater one, and of equal lengths text order is the order of digits.
  if (wholeA !== wholeB) return wholeA - wholeB;
  return a < b ? -1 : 1;
}

/** The number of fraction digits of a canonical decimal. */
export const scaleOf = (amount: string): number => {
  const point = amount.indexOf('.');
  return point < 0 ? 0 : amount.length - point - 1;
};
