import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor, listing, toPage } from './page.ts';

test('a cursor gives its key back, and nothing else is a cursor', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string({ unit: 'grapheme' }).filter((s) => s.isWellFormed() && !s.includes('\0')),
          fc.maxSafeInteger(),
        ),
        { minLength: 1, maxLength: 4 },
      ),
      (key) => {
        expect(decodeCursor(encodeCursor(key), key.length)).toEqual(key);
        expect(decodeCursor(encodeCursor(key), key.length + 1)).toBeUndefined();
      },
    ),
  );
  for (const text of [
    '',
    'x',
    'bnVsbA',
    Buffer.from('{"a":1}').toString('base64url'),
    Buffer.from('["\\u0000"]').toString('base64url'),
  ]) {
    expect(decodeCursor(text, 1)).toBeUndefined();
  }
});

test('a list is awaited for one page, or iterated to its end', async () => {
  const all = [1, 2, 3, 4, 5];
  const fetched: (string | undefined)[] = [];
  const list = listing(async (cursor) => {
    fetched.push(cursor);
    const after = Number(cursor === undefined ? 0 : decodeCursor(cursor, 1)![0]);
    return toPage(all.filter((n) => n > after).slice(0, 3), 2, (n) => [n]);
  });
  expect(fetched).toEqual([]);
  const page = await list;
  expect(page.items).toEqual([1, 2]);
  expect(page.next).toBeDefined();
  expect(await Array.fromAsync(list)).toEqual(all);
  expect(fetched).toHaveLength(4);
});

test('an empty list is one empty page', async () => {
  const list = listing<number>(async () => ({ items: [] }));
  expect(await list).toEqual({ items: [] });
  expect(await Array.fromAsync(list)).toEqual([]);
});
