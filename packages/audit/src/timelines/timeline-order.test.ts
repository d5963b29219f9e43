import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ordered, timelineOrder } from './timeline-order.ts';

const item = (key: string, at: number, causes: string[] = [], place = 0): Ordered => ({
  key,
  at: BigInt(at),
  place,
  causes,
});
const keys = (items: readonly Ordered[]) =>
  timelineOrder(items)
    .map(({ key }) => key)
    .join(' ');

test('by time, at one moment by place; an effect that claims to be earlier comes after its cause', () => {
  expect(keys([item('b', 2), item('a', 1), item('c', 3)])).toBe('a b c');
  expect(keys([item('x', 1, [], 9), item('y', 1, [], 3)])).toBe('y x');
  expect(keys([item('effect', 1, ['cause']), item('cause', 5), item('other', 3)])).toBe('other cause effect');
});

test('a cause that is not there holds nothing up; a circle comes by time, once each, and what hangs on it after it', () => {
  expect(keys([item('a', 2, ['gone']), item('b', 1, ['b'])])).toBe('b a');
  expect(keys([item('c', 3, ['b']), item('b', 2, ['c']), item('d', 1, ['c']), item('e', 9)])).toBe('e d b c');
  expect(timelineOrder([item('a', 1, ['b']), item('b', 2, ['a'])])).toHaveLength(2);
});

test('whatever was drawn: each once, no cause after its effect, and by time where nothing holds it up', () => {
  const some = fc.array(fc.record({ at: fc.nat(20), causes: fc.array(fc.nat(14), { maxLength: 3 }) }), {
    maxLength: 15,
  });
  fc.assert(
    fc.property(some, (drawn) => {
      // Causes of lower number alone: no circles.
      const items = drawn.map(({ at, causes }, i) =>
        item(`${i}`, at, i === 0 ? [] : causes.map((cause) => `${cause % i}`)),
      );
      const order = timelineOrder(items);
      const place = new Map(order.map(({ key }, i) => [key, i]));
      expect(place.size).toBe(items.length);
      for (const { key, causes } of items)
        for (const cause of causes) expect(place.get(cause)).toBeLessThan(place.get(key)!);
      for (const [i, { at, causes }] of order.entries()) {
        const free = Math.max(-1, ...causes.map((cause) => place.get(cause)!)) + 1;
        for (let before = free; before < i; before += 1) expect(order[before]!.at).toBeLessThanOrEqual(at);
      }
    }),
  );
});

test('circles too: each once', () => {
  const some = fc.array(fc.record({ at: fc.nat(9), causes: fc.array(fc.nat(9), { maxLength: 3 }) }), { maxLength: 10 });
  fc.assert(
    fc.property(some, (drawn) => {
      const items = drawn.map(({ at, causes }, i) => item(`${i}`, at, causes.map(String)));
      const order = timelineOrder(items);
      expect(order.map(({ key }) => key).toSorted()).toEqual(items.map(({ key }) => key).toSorted());
    }),
  );
});
