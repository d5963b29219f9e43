import { decimal } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { marketBounds } from './market-bounds.ts';

const UNIT = 10n ** 18n;
const units = (text: string): bigint => {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * UNIT + BigInt(fraction.padEnd(18, '0'));
};
const steps = fc.tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 0, max: 24 })).map(([digits, places]) => {
  const text = `${digits}${'0'.repeat(Math.max(0, 6 - places))}`;
  const scale = Math.min(18, Math.max(0, places - 6));
  return decimal.of(
    scale === 0
      ? text
      : `${text.padStart(scale + 1, '0').slice(0, -scale)}.${text.padStart(scale + 1, '0').slice(-scale)}`,
  );
});

test('whatever tick and lot are: multiples of them that a double, an int8 and an amount hold', () => {
  fc.assert(
    fc.property(steps, steps, (tickSize, lotSize) => {
      const { maxPrice, maxQuantity } = marketBounds({ tickSize, lotSize });
      expect(units(maxPrice) % units(tickSize)).toBe(0n);
      expect(units(maxQuantity) % units(lotSize)).toBe(0n);
      expect(units(maxPrice) / units(tickSize)).toBeGreaterThanOrEqual(1n);
      expect(units(maxPrice) / units(tickSize)).toBeLessThan(2n ** 53n);
      expect(units(maxQuantity) / units(lotSize)).toBeGreaterThanOrEqual(1n);
      expect(units(maxQuantity) / units(lotSize)).toBeLessThan(2n ** 63n);
      if (maxQuantity !== lotSize)
        expect(units(maxPrice) * units(maxQuantity)).toBeLessThanOrEqual(10n ** 19n * UNIT * UNIT);
    }),
  );
});

test('a bound that is given stands, and leaves the other its room', () => {
  const terms = { tickSize: decimal.of('0.01'), lotSize: decimal.of('0.00000001') };
  expect(marketBounds({ ...terms, maxPrice: decimal.of('1000000') })).toEqual({
    maxPrice: '1000000',
    maxQuantity: '92233720368.54775807',
  });
  expect(marketBounds({ ...terms, maxQuantity: decimal.of('1000') })).toEqual({
    maxPrice: '90071992547409.91',
    maxQuantity: '1000',
  });
});
