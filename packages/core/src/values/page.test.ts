import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { encodeCursor, listing, pageFields, toPage } from './page.ts';

const input = z.strictObject(pageFields(z.string().max(64), z.int()));

test('a cursor gives its key back, and nothing else is a cursor', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.maxSafeInteger(), (text, number) => {
      expect(input.parse({ cursor: encodeCursor([text, number]) }).cursor).toEqual([text, number]);
      for (const key of [[text], [number, text], [text, number, 1]])
        expect(input.safeParse({ cursor: encodeCursor(key) }).success).toBe(false);
    }),
  );
  for (const cursor of ['', 'x', 'bnVsbA', Buffer.from('{"a":1}').toString('base64url'), 1, null]) {
    expect(input.safeParse({ cursor }).error?.issues.map(({ path }) => path)).toEqual([['cursor']]);
  }
});

test('a page has a default size and a bounded one', () => {
  expect(input.parse({}).limit).toBe(100);
  for (const limit of [0, 1001, 1.5, '10', Number.NaN]) expect(input.safeParse({ limit }).success).toBe(false);
});

test('a list is awaited for one page, or iterated to its end', async () => {
  const all = [1, 2, 3, 4, 5];
  const fetched: (string | undefined)[] = [];
  const list = listing({ cursor: undefined }, async ({ cursor }: { cursor: string | undefined }) => {
    fetched.push(cursor);
    const after = Number(cursor === undefined ? 0 : JSON.parse(Buffer.from(cursor, 'base64url').toString())[0]);
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
  const list = listing({}, async () => ({ items: [] as number[] }));
  expect(await list).toEqual({ items: [] });
  expect(await Array.fromAsync(list)).toEqual([]);
});

test('what is no input reaches the one who refuses it', async () => {
  const parse = (given: unknown) =>
    listing(given as { cursor?: string }, async (page) => ({ items: [input.parse(page)] }));
  for (const given of [null, 1, 'x', []]) await expect(Promise.resolve(parse(given))).rejects.toThrow(z.ZodError);
  await expect(Array.fromAsync(parse(1))).rejects.toThrow(z.ZodError);
});
