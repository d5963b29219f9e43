import { type Decimal, decimal } from '@tse/core';

// One pass in the engine: text that was cut out of a line or joined is not flat, and costs more each time one of its characters is asked for.
const canonical = /^(?:0|[1-9]\d{0,19})(?:\.\d{0,17}[1-9])?$/;
/** The same with zeros behind it, as exchanges write amounts. */
const padded = /^(?:(0|[1-9]\d{0,19})\.0+|((?:0|[1-9]\d{0,19})\.\d{0,17}[1-9])0+)$/;

/**
 * The canonical form of a decimal literal that is zero or above, or `undefined` where it is none. Bulk input goes through here: what is
 * canonical already is only looked at.
 */
export function amountOf(input: unknown): Decimal | undefined {
  if (typeof input !== 'string') return undefined;
  return canonical.test(input) ? (input as Decimal) : slow(input);
}

function slow(input: string): Decimal | undefined {
  const match = input.length <= 64 ? padded.exec(input) : null;
  if (match) return (match[1] ?? match[2]) as Decimal;
  try {
    const value = decimal.of(input);
    return decimal.isNegative(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** The number of digits before the point of a canonical decimal that is zero or above. */
export const wholeDigits = (amount: string): number => {
  const point = amount.indexOf('.');
  return point < 0 ? amount.length : point;
};

/** Compares two canonical decimals that are zero or above; who compares many knows their digits before the point already. */
export function compareAmounts(a: string, b: string, wholeA = wholeDigits(a), wholeB = wholeDigits(b)): number {
  // Without leading zeros the longer number is the greater one, and of equal lengths text order is the order of digits.
  if (wholeA !== wholeB) return wholeA - wholeB;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The number of fraction digits of a canonical decimal. */
export const scaleOf = (amount: string, whole = wholeDigits(amount)): number => Math.max(0, amount.length - whole - 1);
