import { expect, test } from 'vitest';
import { jsonInput, jsonObjectInput } from './json.ts';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
const right: unknown[] = [null, true, 0, -1.5, '', 'ü😀', [], [1, ['a']], {}, { a: { b: [null] } }, nested(32)];
const wrong: unknown[] = [
  undefined,
  NaN,
  Infinity,
  1n,
  Symbol('s'),
  () => 1,
  new Date(0),
  new Map(),
  'a\0',
  '\uD800',
  { 'a\0': 1 },
  { '\uDFFF': 1 },
  { a: undefined },
  { a: [NaN] },
  ['\uD800'],
  nested(33),
];

test('JSON is taken as it is, and anything else is refused', () => {
  for (const value of right) expect(jsonInput(1000).parse(value)).toEqual(value);
  for (const value of wrong) expect(jsonInput(1000).safeParse(value).success, String(value)).toBe(false);
});

test('an object is one with names of bounded length', () => {
  const input = jsonObjectInput(1000, 3);
  const members = Object.fromEntries(right.slice(0, -1).map((value, i) => [`m${i}`, value]));
  expect(jsonObjectInput(1000).parse(members)).toEqual(members);
  expect(input.parse({})).toEqual({});
  for (const value of [null, 1, 'a', [], [{}], new Map(), { four: 1 }, { a: undefined }, { a: { '\0': 1 } }])
    expect(input.safeParse(value).success).toBe(false);
});

test('its size is counted in the bytes of its text', () => {
  expect(jsonInput(5).safeParse('abc').success).toBe(true);
  expect(jsonInput(5).safeParse('abcd').success).toBe(false);
  expect(jsonInput(5).safeParse('üü').error?.issues).toMatchObject([{ message: 'expected at most 5 bytes' }]);
});
