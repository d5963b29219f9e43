import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manualClock } from './manual-clock.ts';
import { seededIds } from './seeded-ids.ts';

test('a manual clock stands still, moves on by durations and goes to a moment', async () => {
  const clock = manualClock();
  expect(clock.now()).toBe('2026-01-01T00:00:00.000000Z');
  expect(clock.now()).toBe(clock.now());
  expect(await clock.advance('PT16M')).toBe('2026-01-01T00:16:00.000000Z');
  void clock.advance('P1DT0.5S');
  expect(clock.now()).toBe('2026-01-02T00:16:00.500000Z');
  expect(await clock.set('2019-10-11T02:00:00.000001+02:00')).toBe('2019-10-11T00:00:00.000001Z');
  expect(await manualClock(new Date(0)).advance('PT1H')).toBe('1970-01-01T01:00:00.000000Z');
});

test.each(['16 minutes', '', 'P', 'PT', 'P1M', '-PT1S'])('%j is no duration, and moves nothing', (text) => {
  const clock = manualClock();
  expect(() => clock.advance(text)).toThrow(RangeError);
  expect(clock.now()).toBe(manualClock().now());
});

test('seeded ids are UUIDv7, ascend, and repeat with their seed', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const draw = (ids = seededIds(seed)) => Array.from({ length: 50 }, () => ids.next());
      const drawn = draw();
      for (const id of drawn)
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(drawn.toSorted()).toEqual(drawn);
      expect(new Set(drawn).size).toBe(50);
      expect(draw()).toEqual(drawn);
      expect(draw(seededIds(seed + 1))).not.toEqual(drawn);
    }),
  );
});
