import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDuration } from './duration.ts';
import { instant, instantInput, parseInstant, systemClock } from './instant.ts';

test.each([
  ['2026-11-24T08:08:51Z', '2026-11-24T08:08:51.000000Z'],
  ['2026-11-24T08:08:51.123456789Z', '2026-11-24T08:08:51.123456Z'],
  ['2026-11-24 08:08:51.1+00', '2026-11-24T08:08:51.100000Z'],
  ['2026-01-01T00:30:00.000001+01:00', '2025-12-31T23:30:00.000001Z'],
  ['2026-01-01T00:30:00-0530', '2026-01-01T06:00:00.000000Z'],
])('%s is %s', (text, expected) => {
  expect(parseInstant(text)).toBe(expected);
});

test.each([
  '',
  '2026-11-24',
  '2026-11-24T08:08:51',
  '2026-02-30T00:00:00Z',
  '2026-11-24T25:00:00Z',
  'infinity',
  'now',
  '+012345-01-01T00:00:00Z',
  '0000-12-31T23:59:59Z',
  '0001-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
])('%j is none', (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test('a Date of any year that four digits hold comes through, others are refused', () => {
  fc.assert(
    fc.property(
      fc.date({
        min: new Date('0001-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59.999Z'),
        noInvalidDate: true,
      }),
      (date) => {
        const value = instant.of(date);
        expect(instant.millis(value)).toBe(date.getTime());
        expect(instant.fromMicros(instant.micros(value))).toBe(value);
      },
    ),
  );
  expect(parseInstant(new Date(Number.NaN))).toBeUndefined();
  expect(parseInstant(new Date(8.64e15))).toBeUndefined();
  expect(parseInstant(new Date('0000-01-01T00:00:00Z'))).toBeUndefined();
});

test('the order of instants is the order of their texts, to the microsecond', () => {
  const micros = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n });
  fc.assert(
    fc.property(micros, micros, (a, b) => {
      const [x, y] = [instant.fromMicros(a), instant.fromMicros(b)];
      expect(instant.micros(x)).toBe(a);
      expect(instant.compare(x, y)).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
  expect(instant.plusMillis(instant.of('2026-11-24T08:08:51.000001Z'), 1500)).toBe('2026-11-24T08:08:52.500001Z');
});

test('the input schema takes texts and Dates and refuses the rest', () => {
  expect(instantInput.parse(new Date(0))).toBe('1970-01-01T00:00:00.000000Z');
  for (const value of [0, null, 'soon', {}]) expect(instantInput.safeParse(value).success).toBe(false);
  expect(systemClock.now()).toMatch(/^\d{4}-.*Z$/);
});

test('durations', () => {
  expect(parseDuration('PT16M')).toBe(960_000);
  expect(parseDuration('P1DT2H3M4.5S')).toBe(93_784_500);
  for (const text of ['', 'P', 'PT', 'P1M', '15m', 'PT-1S', 'P1DT']) expect(parseDuration(text)).toBeUndefined();
});
