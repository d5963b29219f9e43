import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openText, sealText } from './sealed-text.ts';

const key = randomBytes(32);

test('what was sealed opens with its key for its owner alone, and no changed byte of it does', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 50 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (text, at, flip) => {
        const sealed = sealText(key, 'owner', text);
        expect(openText(key, 'owner', sealed)).toBe(text);
        expect(openText(key, 'another', sealed)).toBeUndefined();
        expect(openText(randomBytes(32), 'owner', sealed)).toBeUndefined();
        const bent = Buffer.from(sealed);
        bent[at % bent.length]! ^= flip;
        expect(openText(key, 'owner', bent)).toBeUndefined();
        expect(openText(key, 'owner', sealed.subarray(0, at % sealed.length))).toBeUndefined();
      },
    ),
  );
});

test('equal texts do not look equal', () => {
  expect(sealText(key, 'o', 'same')).not.toEqual(sealText(key, 'o', 'same'));
});
