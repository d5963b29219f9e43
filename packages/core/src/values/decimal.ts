import { Big, type BigConstructor, type BigSource } from 'big.js';
import { z } from 'zod';

declare const brand: unique symbol;

/**
 * An exact decimal number in canonical form: no exponent, no leading or trailing zeros, no `-0`.
 * At most 20 integer and 18 fraction digits. Two equal amounts are the same string.
 */
export type Decimal = string & { readonly [brand]: 'Decimal' };

/** Where a digit too many goes: towards zero, away from zero, or to the nearest, a half up or to the even neighbour. */
export type Rounding = 'down' | 'half-up' | 'half-even' | 'up';

export const MAX_INTEGER_DIGITS = 20;
export const MAX_FRACTION_DIGITS = 18;

const roundingModes = { down: 0, 'half-up': 1, 'half-even': 2, up: 3 } as const;

// A constructor of our own: the settings of a caller's big.js must not change our arithmetic.
const Exact = (Big as unknown as () => BigConstructor)();
Exact.strict = true;
Exact.PE = 1000;
Exact.NE = -1000;

const big = (value: BigSource) => new Exact(value);

const canonicalText = (value: Big): Decimal => {
  const text = value.toFixed();
  return (text === '-0' ? '0' : text) as Decimal;
};

const digits = /^([+-]?)0*(\d*)(?:\.(\d*))?$/;

/** The canonical form of a decimal literal, or `undefined` where the text is none or has too many digits. */
export function canonical(text: string): Decimal | undefined {
  const match = text.length <= 64 ? digits.exec(text) : null;
  if (!match || !/\d/.test(text)) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  const significant = fraction.replace(/0+$/, '');
  if (whole.length > MAX_INTEGER_DIGITS || significant.length > MAX_FRACTION_DIGITS) return undefined;
  const magnitude = `${whole || '0'}${significant && `.${significant}`}`;
  return (sign === '-' && magnitude !== '0' ? `-${magnitude}` : magnitude) as Decimal;
}

function checked(value: Big): Decimal {
  const result = canonical(canonicalText(value));
  if (result === undefined) throw new RangeError('a decimal result has more than 20 integer or 18 fraction digits');
  return result;
}

/** Exact arithmetic on decimal strings. A result that does not fit the digits of `Decimal` throws a `RangeError`. */
export const decimal = {
  /** The canonical `Decimal` of a literal; throws a `RangeError` where it is none. */
  of(text: string): Decimal {
    const value = canonical(text);
    if (value === undefined) throw new RangeError('not a decimal of at most 20 integer and 18 fraction digits');
    return value;
  },
  /** The exact sum. Throws a `RangeError` beyond 20 integer or 18 fraction digits, like all that answer an amount. */
  plus: (a: string, b: string): Decimal => checked(big(a).plus(b)),
  /** The exact difference. */
  minus: (a: string, b: string): Decimal => checked(big(a).minus(b)),
  /** The exact product. */
  times: (a: string, b: string): Decimal => checked(big(a).times(b)),
  /** The quotient, rounded to `scale` fraction digits. */
  div(a: string, b: string, scale: number, rounding: Rounding): Decimal {
    const Divider = (Big as unknown as () => BigConstructor)();
    Divider.DP = scale;
    Divider.RM = roundingModes[rounding];
    return checked(new Divider(a).div(b));
  },
  /** The value rounded to `scale` fraction digits; `up` is away from zero, `down` towards it. */
  round: (value: string, scale: number, rounding: Rounding): Decimal =>
    checked(big(value).round(scale, roundingModes[rounding])),
  /** The same amount with the other sign; 0 stays 0. */
  negate: (value: string): Decimal => checked(big(value).times('-1')),
  /** The amount without its sign. */
  abs: (value: string): Decimal => checked(big(value).abs()),
  /** -1, 0 or 1: how `a` stands to `b`, by value. */
  compare: (a: string, b: string): -1 | 0 | 1 => big(a).cmp(b),
  /** The smaller one. */
  min: (a: Decimal, b: Decimal): Decimal => (decimal.compare(a, b) <= 0 ? a : b),
  /** The exact sum of all; 0 of none. */
  sum: (values: Iterable<string>): Decimal => {
    let total = big('0');
    for (const value of values) total = total.plus(value);
    return checked(total);
  },
  /** Whether it is below zero. */
  isNegative: (value: Decimal): boolean => value.startsWith('-'),
  /** The number of fraction digits. */
  scale: (value: Decimal): number => (value.includes('.') ? value.length - value.indexOf('.') - 1 : 0),
};

const decimalInput = (message: string, accepts: (value: Decimal) => boolean) =>
  z.string({ error: 'expected a decimal string' }).transform((text, context): Decimal => {
    const value = canonical(text);
    if (value === undefined) {
      context.issues.push({
        code: 'custom',
        message: 'expected a decimal string with at most 20 integer and 18 fraction digits',
        input: text,
      });
      return z.NEVER;
    }
    if (!accepts(value)) {
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    }
    return value;
  });

/** Input schema: any exact decimal. */
export const anyAmount = decimalInput('', () => true);
/** Input schema: a decimal above zero. */
export const positiveAmount = decimalInput('expected a decimal above zero', (v) => v !== '0' && !decimal.isNegative(v));
/** Input schema: a decimal that is zero or above. */
export const nonNegativeAmount = decimalInput('expected a decimal of zero or above', (v) => !decimal.isNegative(v));
