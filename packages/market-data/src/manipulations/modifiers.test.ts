import { type Decimal, decimal } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Modifier, composeModifiers, manipulatedPrice } from './modifiers.ts';

const shift = (lowest: number) => fc.option(fc.integer({ min: lowest, max: 1_000_000 }), { nil: undefined });
const modifier: fc.Arbitrary<Modifier> = fc.record({
  priceShiftBps: shift(-9_999),
  priceOffset: fc.option(
    fc.bigInt(-(10n ** 18n), 10n ** 18n).map((units) => decimal.of(`${units}`)),
    { nil: undefined },
  ),
  spreadShiftBps: shift(-10_000),
  volumeShiftBps: shift(-10_000),
  volatilityShiftBps: shift(-10_000),
  frozen: fc.option(fc.boolean(), { nil: undefined }),
});

test('nothing is all zeros, and leaves a price as it is', () => {
  const nothing = composeModifiers([]);
  expect(nothing).toEqual({
    priceShiftBps: 0,
    priceOffset: '0',
    spreadShiftBps: 0,
    volumeShiftBps: 0,
    volatilityShiftBps: 0,
    frozen: false,
  });
  expect(manipulatedPrice('0.00141342' as Decimal, nothing, 8)).toBe('0.00141342');
});

test('manipulations add up, in whatever order they are put together', () => {
  fc.assert(
    fc.property(fc.array(modifier, { maxLength: 10 }), (modifiers) => {
      const all = composeModifiers(modifiers);
      expect(composeModifiers(modifiers.toReversed())).toEqual(all);
      expect(all.priceShiftBps).toBe(
        Math.max(
          -9_999,
          modifiers.reduce((sum, { priceShiftBps = 0 }) => sum + priceShiftBps, 0),
        ),
      );
      expect(all.volumeShiftBps).toBeGreaterThanOrEqual(-10_000);
    }),
  );
});

test('a price is shifted first, then offset, and rounded to its scale once', () => {
  const price = '100.05' as Decimal;
  const of = (priceShiftBps: number, priceOffset = '0') => ({ priceShiftBps, priceOffset: priceOffset as Decimal });
  expect(manipulatedPrice(price, of(150), 2)).toBe('101.55');
  expect(manipulatedPrice(price, of(150, '-1.55'), 2)).toBe('100');
  expect(manipulatedPrice(price, of(-9_999), 4)).toBe('0.01');
  expect(manipulatedPrice(price, of(0, '-100.05'), 2)).toBeUndefined();
});
