import { type Instant, instant } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Evaluated, LARGEST_GROUP, type Member, findings, grouped, valuesOf } from './correlation-rules.ts';

const zero = instant.of('2026-01-01T00:00:00Z');
const at = (ms: number): Instant => instant.plusMillis(zero, ms);
const member = (position: number, type: string, ms: number, source = 'exchange', recordedMs = ms): Member => ({
  position,
  type,
  source,
  at: at(ms),
  recordedAt: at(recordedMs),
});
const rule = (over: Partial<Evaluated>): Evaluated => ({
  kind: 'same-id',
  minEvents: 2,
  minSources: 1,
  within: 1000,
  settle: 5000,
  ...over,
});
const found = (of: Evaluated, ...members: Member[]) =>
  findings(of, members).map((each) => [each.members.map(({ position }) => position), each.confidence]);

test('what shares an id belongs together, where there is enough of it', () => {
  const [a, b, c] = [member(1, 'x', 0), member(2, 'y', 9_999), member(3, 'x', 5, 'risk')];
  expect(found(rule({}), a, b, c)).toEqual([[[1, 3, 2], 1]]);
  expect(found(rule({}), a)).toEqual([]);
  expect(found(rule({ minEvents: 4 }), a, b, c)).toEqual([]);
  expect(found(rule({ kind: 'same-order', minSources: 2 }), a, b, c)).toHaveLength(1);
  expect(found(rule({ minSources: 3 }), a, b, c)).toEqual([]);
});

test('one of each type within the window: surer the nearer they are, and each event once', () => {
  const window = rule({ kind: 'time-window', types: ['shock', 'alert'] });
  expect(found(window, member(1, 'shock', 0), member(2, 'alert', 250))).toEqual([[[1, 2], 0.75]]);
  expect(found(window, member(1, 'alert', 0), member(2, 'shock', 1000))).toEqual([[[1, 2], 0.01]]);
  expect(found(window, member(1, 'shock', 0), member(2, 'alert', 1001))).toEqual([]);
  expect(
    found(window, member(1, 'shock', 0), member(2, 'shock', 900), member(3, 'alert', 1000), member(4, 'alert', 1001)),
  ).toEqual([[[2, 3], 0.9]]);
  expect(findings(window, [member(1, 'shock', 0), member(2, 'alert', 0, 'risk')])[0]!.evidence).toEqual({
    sources: ['exchange', 'risk'],
    types: ['shock', 'alert'],
    spreadMs: 0,
    within: 1000,
  });
});

test('types in their order, each soon after the one before; a part of the pattern counts for its share', () => {
  const pattern = rule({ kind: 'sequence', types: ['a', 'b', 'c'] });
  expect(found(pattern, member(1, 'a', 0), member(9, 'x', 1), member(2, 'b', 900), member(3, 'c', 1800))).toEqual([
    [[1, 2, 3], 1],
  ]);
  expect(found(pattern, member(1, 'b', 0), member(2, 'a', 1), member(3, 'c', 2))).toEqual([]);
  const partial = findings(pattern, [member(1, 'a', 0), member(2, 'b', 1), member(3, 'c', 1002)]);
  expect(partial).toMatchObject([{ confidence: 2 / 3, evidence: { missing: ['c'] } }]);
  expect(found(rule({ ...pattern, minEvents: 3 }), member(1, 'a', 0), member(2, 'b', 1))).toEqual([]);
  expect(
    found(pattern, member(1, 'a', 0), member(2, 'b', 1), member(3, 'a', 2), member(4, 'b', 3), member(5, 'c', 4)),
  ).toEqual([
    [[1, 2], 2 / 3],
    [[3, 4, 5], 1],
  ]);
});

test('the same events make the same groups, in whatever portions they come; none is longer than the longest', () => {
  const times = fc.array(fc.nat(12_000), { maxLength: 60 });
  fc.assert(
    fc.property(times, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (gaps, sizes) => {
      let now = 0;
      const members = gaps.map((gap, i) => member(i + 1, 'x', 0, 'exchange', (now += gap)));
      const whole = grouped([], members, 5000);
      const parts: Member[][] = [];
      let open: Member[] = [];
      for (let from = 0, i = 0; from < members.length; i += 1) {
        const size = sizes[i % sizes.length]!;
        const step = grouped(open, members.slice(from, from + size), 5000);
        parts.push(...step.ended);
        open = step.open;
        from += size;
      }
      expect([...parts, open]).toEqual([...whole.ended, whole.open]);
      for (const group of whole.ended) expect(group.length).toBeGreaterThan(0);
    }),
  );
  const many = Array.from({ length: LARGEST_GROUP * 2 + 1 }, (_, i) => member(i + 1, 'x', 0));
  expect(grouped([], many, 5000)).toMatchObject({ ended: { length: 2 }, open: { length: 1 } });
});

test('a field is found however deep it stands, each value once', () => {
  expect(
    valuesOf(
      { orderId: 'b', sides: [{ orderId: 'a' }, { orderId: 'b', n: { orderId: 'c' } }], order_id: 'x' },
      'orderId',
    ),
  ).toEqual(['a', 'b', 'c']);
  expect(valuesOf({ orderId: 7 }, 'orderId')).toEqual([]);
  expect(valuesOf('orderId', 'orderId')).toEqual([]);
});
