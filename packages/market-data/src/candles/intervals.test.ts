import type { Decimal, Instant } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candle } from './candles.ts';
import { fillGaps } from './fill-gaps.ts';
import { type Interval, bucketStart, defineInterval, divides } from './intervals.ts';

const fixed = (seconds: number, origin = '1970-01-05T00:00:00.000000Z'): Interval => ({
  name: `${seconds}s`,
  unit: 'fixed',
  seconds,
  origin: origin as Instant,
  timeZone: 'UTC',
});
const calendar = (unit: 'day' | 'week' | 'month', timeZone = 'UTC'): Interval => ({
  name: unit,
  unit,
  origin: '1970-01-05T00:00:00.000000Z' as Instant,
  timeZone,
});

test('a bucket holds its moment, begins a whole number of steps from the origin, and the next one begins where it ends', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.maxSafeInteger().map((n) => n % 7e15),
      (seconds, micros) => {
        const interval = fixed(seconds);
        const start = bucketStart(interval, micros);
        const step = seconds * 1_000_000;
        expect(start).toBeLessThanOrEqual(micros);
        expect(micros - start).toBeLessThan(step);
        expect(bucketStart(interval, start)).toBe(start);
        expect(bucketStart(interval, start + step)).toBe(start + step);
      },
    ),
  );
});

test('an interval is rolled up only from one whose buckets make up its own', () => {
  expect(divides(fixed(60), fixed(300))).toBe(true);
  expect(divides(fixed(60), fixed(60))).toBe(false);
  expect(divides(fixed(300), fixed(420))).toBe(false);
  expect(divides(fixed(60), fixed(300, '1970-01-05T00:00:30.000000Z'))).toBe(false);
  expect(divides(fixed(3600), calendar('day'))).toBe(true);
  expect(divides(fixed(3600), calendar('day', 'Asia/Kolkata'))).toBe(false);
  expect(divides(fixed(900), calendar('day', 'Asia/Kolkata'))).toBe(true);
  expect(divides(calendar('day'), calendar('week'))).toBe(true);
  expect(divides(calendar('day', 'Asia/Kolkata'), calendar('week'))).toBe(false);
  expect(divides(calendar('week'), calendar('month'))).toBe(false);
  expect(defineInterval.safeParse({ name: 'x', unit: 'day', timeZone: 'Mars/Olympus' }).success).toBe(false);
  expect(defineInterval.safeParse({ name: 'x', unit: 'fixed', step: 'PT0.5S' }).success).toBe(false);
});

test('filled ranges have one candle a bucket, in order, and leave what was recorded as it is', () => {
  const starts = Array.from({ length: 30 }, (_, i) => i * 60_000_000);
  const candle = (n: number, price: string): Candle => ({
    openTime: new Date(n * 60_000).toISOString().replace('Z', '000Z') as Instant,
    open: price as Decimal,
    high: price as Decimal,
    low: price as Decimal,
    close: price as Decimal,
    baseVolume: '1' as Decimal,
    closed: true,
    revision: 1,
    recordedAt: '2026-01-01T00:00:00.000000Z' as Instant,
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 29 })),
      fc.constantFrom('empty', 'previous', 'linear', 'zero-volume'),
      fc.integer({ min: 1, max: 30 }),
      (places, policy, longest) => {
        const candles = places.toSorted((a, b) => a - b).map((n) => candle(n, `${n + 1}`));
        const filled = fillGaps(starts, candles, policy, longest);
        expect(filled.map(({ openTime }) => Date.parse(openTime) * 1000)).toEqual(starts);
        expect(filled.flatMap(({ synthetic }, i) => (synthetic ? [] : [i]))).toEqual(places.toSorted((a, b) => a - b));
        for (const { synthetic, open, baseVolume } of filled) {
          if (!synthetic) expect(open).toBeDefined();
          if (synthetic && policy !== 'previous' && open !== undefined) expect(baseVolume).toBe('0');
          if (policy === 'empty' && synthetic) expect(open).toBeUndefined();
        }
      },
    ),
  );
});
