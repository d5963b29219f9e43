import { expect, test } from 'vitest';
import { type Offset, clockCorrections } from './clock-corrections.ts';

const offset = (parent: string, child: string, offsetUs: number, uncertaintyUs: number): Offset => ({
  parent,
  child,
  offsetUs,
  uncertaintyUs,
});
const corrected = (offsets: readonly Offset[], reference: string) =>
  Object.fromEntries(
    [...clockCorrections(offsets, reference)].map(([clock, { offsetUs, uncertaintyUs }]) => [
      clock,
      [offsetUs, uncertaintyUs],
    ]),
  );

test('offsets add up along the requests, in either direction, and so does their doubt', () => {
  expect(corrected([offset('a', 'b', 1000, 10), offset('c', 'b', 300, 20)], 'a')).toEqual({
    b: [1000, 10],
    c: [700, 30],
  });
});

test('of two ways the one with less doubt counts', () => {
  const two = [offset('a', 'c', 9999, 500), offset('a', 'b', 1000, 10), offset('b', 'c', 2000, 10)];
  expect(corrected(two, 'a')).toEqual({ b: [1000, 10], c: [3000, 20] });
});

test('an offset within its doubt is none, and a clock that nothing connects has no correction', () => {
  expect(corrected([offset('a', 'b', 40, 50), offset('x', 'y', 1000, 1)], 'a')).toEqual({});
});
