import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeInstant, decodeNumeric } from './codecs.ts';

test('an instant is told with all six digits, however many PostgreSQL printed', () => {
  const day = '2026-11-24';
  expect(decodeInstant(`${day} 08:08:51+00`)).toBe(`${day}T08:08:51.000000Z`);
  expect(decodeInstant(`${day} 08:08:51.1+00`)).toBe(`${day}T08:08:51.100000Z`);
  expect(decodeInstant(`${day} 08:08:51.00012+00`)).toBe(`${day}T08:08:51.000120Z`);
  expect(decodeInstant(`${day} 08:08:51.123456+00`)).toBe(`${day}T08:08:51.123456Z`);
  for (const text of ['infinity', `${day} 08:08:51+01`, '12026-11-24 08:08:51+00', '0044-03-15 00:00:00+00 BC'])
    expect(() => decodeInstant(text)).toThrow(RangeError);
});

test('a numeric loses the digits that say nothing, and no other', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^-?[1-9]\d{0,19}$/), fc.stringMatching(/^\d{0,17}$/), (whole, fraction) => {
      const kept = fraction.replace(/0+$/, '');
      expect(decodeNumeric(fraction === '' ? whole : `${whole}.${fraction}`)).toBe(
        kept === '' ? whole : `${whole}.${kept}`,
      );
    }),
  );
});
