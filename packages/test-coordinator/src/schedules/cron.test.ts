import type { Instant } from '@tse/core';
import { expect, test } from 'vitest';
import { dueFires, nextFire, problemOfCron } from './cron.ts';

const at = (text: string) => text as Instant;
/** What fires between two instants. */
const between = (line: string, zone: string, from: string, to: string): string[] =>
  dueFires(line, zone, nextFire(line, zone, at(from))!, at(to)).due;

test('an hour that the clocks leave out fires once, at the next moment there is', () => {
  // Europe/Berlin, 29 March 2026: 02:00 CET becomes 03:00 CEST.
  const fires = between('30 2 * * *', 'Europe/Berlin', '2026-03-27T12:00:00.000000Z', '2026-03-31T12:00:00.000000Z');
  expect(fires).toHaveLength(4);
  expect(new Set(fires.map((fire) => fire.slice(0, 10))).size).toBe(4);
  expect(fires[0]).toBe('2026-03-28T01:30:00.000000Z');
  expect(fires[2]).toBe('2026-03-30T00:30:00.000000Z');
});

test('an hour that the clocks repeat fires once', () => {
  // Europe/Berlin, 25 October 2026: 03:00 CEST becomes 02:00 CET.
  const fires = between('30 2 * * *', 'Europe/Berlin', '2026-10-23T12:00:00.000000Z', '2026-10-27T12:00:00.000000Z');
  expect(fires.map((fire) => fire.slice(0, 10))).toEqual(['2026-10-24', '2026-10-25', '2026-10-26', '2026-10-27']);
});

test('a line with seconds, and one of another zone', () => {
  expect(between('*/20 * * * * *', 'UTC', '2026-01-01T00:00:00.000000Z', '2026-01-01T00:01:00.000000Z')).toHaveLength(
    3,
  );
  expect(nextFire('0 9 * * 1-5', 'America/New_York', at('2026-07-03T20:00:00.000000Z'))).toBe(
    '2026-07-06T13:00:00.000000Z',
  );
});

test('of a long pause the first thousand fires come first, and the rest after them', () => {
  const { due, next } = dueFires(
    '* * * * *',
    'UTC',
    at('2026-01-01T00:00:00.000000Z'),
    at('2026-01-02T00:00:00.000000Z'),
  );
  expect([due.length, next]).toEqual([1000, '2026-01-01T16:40:00.000000Z']);
});

test.each([
  ['* * * *', 'UTC'],
  ['61 * * * *', 'UTC'],
  ['* * * * *', 'Europe/Atlantis'],
  ['0 0 31 2 *', 'UTC'],
  ['x'.repeat(1000), 'UTC'],
])('%s in %s is no schedule', (line, zone) => {
  expect(problemOfCron(line, zone)).toMatch(/./);
});
