import { decimal, idInput, instant, parseInstant } from '@tse/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amountOf, compareAmounts, scaleOf } from './amount-text.ts';
import { BinaryRows } from './binary-copy.ts';
import { instantOf, microsOf } from './event-time.ts';
import { isId } from './id-text.ts';

const literal = fc.oneof(
  fc
    .tuple(fc.stringMatching(/^\d{1,22}$/), fc.option(fc.stringMatching(/^\d{0,20}$/)))
    .map(([whole, fraction]) => (fraction === null ? whole : `${whole}.${fraction}`)),
  fc.stringMatching(/^[-+]?\d{0,4}\.?\d{0,4}$/),
  fc.string(),
);

test('an amount is read as core reads it, and never below zero', () => {
  fc.assert(
    fc.property(literal, (text) => {
      let expected: string | undefined;
      try {
        expected = decimal.of(text);
      } catch {
        expected = undefined;
      }
      if (expected?.startsWith('-')) expected = undefined;
      expect(amountOf(text)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
  for (const value of [1, null, undefined, {}, ['1'], NaN]) expect(amountOf(value)).toBeUndefined();
});

test('amounts compare as numbers do', () => {
  const amount = literal.map(amountOf).filter((value) => value !== undefined);
  fc.assert(
    fc.property(amount, amount, (a, b) => {
      expect(Math.sign(compareAmounts(a, b))).toBe(decimal.compare(a, b));
      expect(scaleOf(a)).toBe(decimal.scale(a));
    }),
    { numRuns: 2000 },
  );
});

const date = fc.date({
  min: new Date('1800-01-01T00:00:00Z'),
  max: new Date('2190-01-01T00:00:00Z'),
  noInvalidDate: true,
});
const text = fc.oneof(
  date.map((at) => at.toISOString()),
  date.map((at) => `${at.toISOString().slice(0, 19)}Z`),
  fc
    .tuple(date, fc.integer({ min: 0, max: 999 }))
    .map(([at, micros]) => `${at.toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}Z`),
  date.map((at) => `${at.toISOString().slice(0, 19)}+02:00`),
  fc.stringMatching(/^2\d{3}-[01]\d-[0-3]\dT[0-2]\d:[0-6]\d:[0-6]\dZ$/),
  fc.string(),
);

test('a time is read as core reads it, to the microsecond, and told again', () => {
  fc.assert(
    fc.property(text, (input) => {
      const parsed = parseInstant(input);
      const micros = microsOf(input);
      if (micros === undefined) expect(parsed === undefined || parsed < '1781' || parsed > '2199').toBe(true);
      else {
        expect(BigInt(micros)).toBe(instant.micros(parsed!));
        expect(instantOf(micros)).toBe(parsed);
      }
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(date, (at) => {
      expect(microsOf(at)).toBe(at.getTime() * 1000);
    }),
  );
  for (const value of [1, null, undefined, {}, new Date(NaN)]) expect(microsOf(value)).toBeUndefined();
});

test('an id is one where core takes it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.stringMatching(/^[A-Za-z0-9._:/-]{0,66}$/), fc.string()), (id) => {
      expect(isId(id)).toBe(idInput.safeParse(id).success);
    }),
  );
});

/** What the field at the end of the only row says, as PostgreSQL reads it. */
function readNumeric(row: Buffer): string {
  let at = 19 + 2 + 4;
  const next = () => row.readInt16BE((at += 2) - 2);
  const digits = next();
  const weight = next();
  expect(next()).toBe(0);
  const scale = next();
  const groups = Array.from({ length: digits }, next);
  const group = (place: number) => String(groups[weight - place] ?? 0).padStart(4, '0');
  let whole = '';
  for (let place = Math.max(weight, 0); place >= 0; place -= 1) whole += group(place);
  let fraction = '';
  for (let place = -1; fraction.length < scale; place -= 1) fraction += group(place);
  return scale === 0 ? whole : `${whole}.${fraction.slice(0, scale)}`;
}

test('a numeric is encoded as PostgreSQL reads it, to the last digit', () => {
  fc.assert(
    fc.property(
      literal.map(amountOf).filter((value) => value !== undefined),
      (amount) => {
        const rows = new BinaryRows();
        rows.row(1);
        rows.numeric(amount);
        expect(decimal.of(readNumeric(rows.end()))).toBe(amount);
      },
    ),
    { numRuns: 2000 },
  );
});
