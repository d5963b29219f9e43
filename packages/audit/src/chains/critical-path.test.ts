import { type Instant, instant } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PathSpan, criticalPath } from './critical-path.ts';

const zero = instant.of('2026-01-01T00:00:00Z');
const at = (us: number): Instant => instant.fromMicros(instant.micros(zero) + BigInt(us));
const span = (spanId: string, parentSpanId: string | undefined, from: number, to: number): PathSpan => ({
  spanId,
  ...(parentSpanId !== undefined && { parentSpanId }),
  startedAt: at(from),
  durationNs: (to - from) * 1000,
});
const path = (...spans: PathSpan[]) => criticalPath(spans).map(({ spanId, selfNs }) => [spanId, selfNs / 1000]);

test('of children one after the other each was waited for, of those side by side the one that ended last', () => {
  const spans = [
    span('root', undefined, 0, 100),
    span('a', 'root', 10, 30),
    span('b', 'root', 40, 90),
    span('c', 'root', 45, 70),
    span('d', 'b', 50, 80),
  ];
  expect(path(...spans).toSorted((a, b) => String(a[0]).localeCompare(String(b[0])))).toEqual([
    ['a', 20],
    ['b', 20],
    ['d', 30],
    ['root', 30],
  ]);
});

test('a child that outlives its parent, or began before it, counts as far as it overlaps', () => {
  expect(path(span('root', undefined, 10, 20), span('late', 'root', 15, 99))).toEqual([
    ['root', 5],
    ['late', 5],
  ]);
  expect(path(span('root', undefined, 10, 20), span('early', 'root', 0, 12))).toEqual([
    ['root', 8],
    ['early', 2],
  ]);
});

test('without its root the earliest orphan is the root; nothing has no path; spans that name each other end', () => {
  expect(path(span('b', 'gone', 5, 9), span('a', 'gone', 1, 3))).toEqual([['a', 2]]);
  expect(criticalPath([])).toEqual([]);
  expect(criticalPath([span('a', 'b', 0, 1), span('b', 'a', 0, 1)])).toEqual([]);
  expect(path(span('a', 'a', 0, 1))).toEqual([['a', 1]]);
});

test('the parts of the path add up to the root, whatever the spans are', () => {
  const some = fc.array(fc.record({ parent: fc.nat(12), from: fc.nat(1000), length: fc.nat(1000) }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(some, (drawn) => {
      const spans = drawn.map(({ parent, from, length }, i) =>
        span(`s${i}`, i === 0 ? undefined : `s${parent % i}`, from, from + length),
      );
      const steps = criticalPath(spans);
      expect(steps[0]!.spanId).toBe('s0');
      expect(steps.every(({ selfNs }) => selfNs >= 0)).toBe(true);
      expect(new Set(steps.map(({ spanId }) => spanId)).size).toBe(steps.length);
      expect(steps.reduce((sum, { selfNs }) => sum + selfNs, 0)).toBe(spans[0]!.durationNs);
    }),
  );
});
