import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Decimal, anyAmount, canonical, decimal, nonNegativeAmount, positiveAmount } from './decimal.ts';

const SCALE = 10n ** 18n;

/** A decimal as an integer of 10^-18, computed here without the library under test. */
const units = (text: string): bigint => {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const magnitude = BigInt(whole) * SCALE + BigInt(fraction.padEnd(18, '0'));
  return text.startsWith('-') ? -magnitude : magnitude;
};

const literals = fc
  .tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.bigInt({ min: 0n, max: SCALE - 1n }))
  .map(([sign, whole, fraction]) => `${sign}${whole}.${String(fraction).padStart(18, '0')}`);
const decimals = literals.map((text) => decimal.of(text));

describe('canonical form', () => {
  test.each([
    ['10.0', '10'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['+1.50', '1.5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['000012', '12'],
    ['99999999999999999999.999999999999999999', '99999999999999999999.999999999999999999'],
    ['1.0000000000000000000000', '1'],
  ])('%s is %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  test.each([
    '',
    '.',
    '-',
    'NaN',
    'Infinity',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '1,5',
    '1.2.3',
    '٣',
    '100000000000000000000',
    '0.0000000000000000001',
    '1'.repeat(10_000),
  ])('%j is none', (text) => {
    expect(canonical(text)).toBeUndefined();
  });

  test('equal numbers are equal strings, and a canonical string stays as it is', () => {
    fc.assert(
      fc.property(literals, (text) => {
        const value = decimal.of(text);
        expect(units(value)).toBe(units(text));
        expect(decimal.of(value)).toBe(value);
        expect(value).toMatch(/^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/);
      }),
    );
  });
});

describe('arithmetic', () => {
  test('sums, differences and comparisons are exact', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(units(decimal.plus(a, b))).toBe(units(a) + units(b));
        expect(units(decimal.minus(a, b))).toBe(units(a) - units(b));
        expect(decimal.compare(a, b)).toBe(units(a) < units(b) ? -1 : units(a) > units(b) ? 1 : 0);
        expect(decimal.sum([a, b, decimal.negate(a)])).toBe(b);
      }),
    );
  });

  test('a product that fits is exact, one that does not is an error and not a rounding', () => {
    expect(decimal.times('29900.01', '0.00000001')).toBe('0.0002990001');
    expect(() => decimal.times('0.0000000001', '0.0000000001')).toThrow(RangeError);
    expect(() => decimal.times('99999999999', '99999999999')).toThrow(RangeError);
  });

  test('rounding and division say where they round to', () => {
    expect(decimal.round('1.255', 2, 'down')).toBe('1.25');
    expect(decimal.round('1.255', 2, 'up')).toBe('1.26');
    expect(decimal.round('1.245', 2, 'half-even')).toBe('1.24');
    expect(decimal.round('-1.251', 2, 'up')).toBe('-1.26');
    expect(decimal.div('1', '3', 18, 'down')).toBe('0.333333333333333333');
    expect(decimal.div('2', '3', 2, 'half-up')).toBe('0.67');
  });
});

test('input schemas answer the canonical form or say what was wrong', () => {
  expect(positiveAmount.parse('1.10')).toBe('1.1' as Decimal);
  expect(positiveAmount.safeParse('0').success).toBe(false);
  expect(positiveAmount.safeParse('-1').success).toBe(false);
  expect(nonNegativeAmount.parse('-0.0')).toBe('0');
  expect(anyAmount.parse('-2.50')).toBe('-2.5');
  for (const value of [1, Number.NaN, null, undefined, {}, [], '1e5', 'NaN'])
    expect(anyAmount.safeParse(value).success).toBe(false);
});
