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

test('what has the one form is an instant only on a day that exists', () => {
  const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
  const year = fc.constantFrom('0000', '0001', '1900', '2000', '2023', '2024', '9999');
  fc.assert(
    fc.property(year, two(13), two(32), two(25), two(61), two(61), (y, month, day, hour, minute, second) => {
      const whole = `${y}-${month}-${day}T${hour}:${minute}:${second}`;
      const text = `${whole}.000001Z`;
      const at = new Date(`${whole}Z`);
      const isOne = !Number.isNaN(at.getTime()) && at.toISOString().startsWith(whole) && y !== '0000';
      expect(parseInstant(text)).toBe(isOne ? text : undefined);
    }),
    { numRuns: 5000 },
  );
  for (const day of ['2024-02-29', '2023-04-30', '2023-12-31'])
    expect(parseInstant(`${day}T00:00:00.000001Z`)).toBe(`${day}T00:00:00.000001Z`);
  for (const day of ['2023-02-29', '2023-04-31', '2024-02-30'])
    expect(parseInstant(`${day}T00:00:00.000001Z`)).toBeUndefined();
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
