import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUnits, scaleOf, toUnits } from './fixed-point.ts';

describe('fixed point', () => {
  test.each([
    ['0', 0n, '0'],
    ['10.0', 10_000n, '10'],
    ['0.001', 1n, '0.001'],
    ['2510.03', 2_510_030n, '2510.03'],
    ['-1.5', -1_500n, '-1.5'],
    ['-0', 0n, '0'],
    ['007', 7_000n, '7'],
  ])('%s is %s thousandths and reads back %s', (text, units, canonical) => {
    expect(toUnits(text, 3)).toBe(units);
    expect(fromUnits(units, 3)).toBe(canonical);
  });

  test.each(['', '.', '.5', '1e-5', 'NaN', 'Infinity', '0x10', '1,000', ' 1', '1 ', '1'.repeat(21), '１'])(
    '"%s" is no plain decimal',
    (text) => {
      expect(() => toUnits(text)).toThrow('not a plain decimal');
      expect(() => scaleOf(text)).toThrow('not a plain decimal');
    },
  );

  test('a digit finer than the scale is refused, a zero is not', () => {
    expect(() => toUnits('1.0001', 3)).toThrow('more than 3 fraction digits');
    expect(toUnits('1.0010000', 3)).toBe(1_001n);
  });

  test.each([
    ['1438.359985', 6],
    ['23.00000000', 0],
    ['0.00141340', 7],
    ['5', 0],
  ])('%s needs %i fraction digits', (text, scale) => expect(scaleOf(text)).toBe(scale));

  test('every amount survives the way there and back', () => {
    const limit = 10n ** 38n - 1n;
    fc.assert(
      fc.property(fc.bigInt(-limit, limit), (units) => {
        const text = fromUnits(units);
        expect(toUnits(text)).toBe(units);
        expect(text).toMatch(/^(0|-?[1-9]\d*|-?(0|[1-9]\d*)\.\d*[1-9])$/);
        expect(scaleOf(text)).toBeLessThanOrEqual(18);
      }),
    );
  });
});
