import { type Decimal, decimal } from '@tse/core';

/**
 * The canonical form of a decimal literal that is zero or above, or `undefined` where it is none. Bulk input goes through here: what is
 * canonical already is only looked at.
 */
export function amountOf(input: unknown): Decimal | undefined {
  if (typeof input !== 'string') return undefined;
  const { length } = input;
  let point = -1;
  for (let at = 0; at < length; at += 1) {
    const code = input.charCodeAt(at);
    if (code === 46 && point < 0 && at > 0) point = at;
    else if (code < 48 || code > 57) return slow(input);
  }
  const whole = point < 0 ? length : point;
  if (whole === 0 || whole > 20 || (whole > 1 && input.charCodeAt(0) === 48)) return slow(input);
  if (point < 0) return input as Decimal;
  if (length - point > 19 || point === length - 1) return slow(input);
  let end = length;
  while (input.charCodeAt(end - 1) === 48) end -= 1;
  if (end === length) return input as Decimal;
  return input.slice(0, end - 1 === point ? point : end) as Decimal;
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
