import { type Decimal, decimal } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stepsOf } from './book-steps.ts';

const steps = fc.constantFrom(
  '1',
  '0.1',
  '0.01',
  '0.00000001',
  '0.000000000000000001',
  '5',
  '0.25',
  '0.00000025',
) as fc.Arbitrary<Decimal>;

test('counting and its inverse are exact for every step', () => {
  fc.assert(
    fc.property(steps, fc.bigInt({ min: 0n, max: 9_007_199_254_740_991n }), (step, n) => {
      const value = decimal.times(String(n), step);
      expect(stepsOf(step).count(value)).toBe(String(n));
      expect(stepsOf(step).value(String(n))).toBe(value);
    }),
  );
});

test('lots beyond what a double holds stay exact', () => {
  const { count, value } = stepsOf('0.00000001' as Decimal);
  expect(count('92233720368.54775807' as Decimal)).toBe('9223372036854775807');
  expect(value('9223372036854775807')).toBe('92233720368.54775807');
});
