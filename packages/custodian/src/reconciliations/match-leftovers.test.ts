import { type Decimal, type Instant, decimal, instant } from '@tse/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coveringSet, units } from './covering-set.ts';
import { type Entry, type Line, type Tolerances, matchLeftovers } from './match-leftovers.ts';

const DAY_MS = 86_400_000;
const strict: Tolerances = { amountTolerance: '0' as Decimal, dateToleranceMs: DAY_MS, mostInGroup: 4 };
const at = (hours = 0): Instant => instant.plusMillis(instant.of('2026-01-01T00:00:00Z'), hours * 3_600_000);
let made = 0;
const line = (amount: string, over: Partial<Line> = {}): Line => ({
  lineId: (made += 1),
  externalId: `x${made}`,
  accountId: 'alice',
  asset: 'USD',
  amount: decimal.of(amount),
  occurrence: 0,
  at: at(),
  ...over,
});
const entry = (transactionId: string, amount: string, over: Partial<Entry> = {}): Entry => ({
  transactionId,
  line: 1,
  accountId: 'alice',
  asset: 'USD',
  amount: decimal.of(amount),
  at: at(),
  ...over,
});
const result = (lines: Line[], entries: Entry[], over: Partial<Tolerances> = {}) => {
  const { matches, differences } = matchLeftovers(lines, entries, { ...strict, ...over });
  return {
    rules: matches.map(({ rule, difference }) => [rule, difference]),
    kinds: differences.map(({ kind }) => kind),
  };
};

describe('a line that names its transaction', () => {
  test('is its twin, within the tolerance, or a sum of it', () => {
    expect(
      result(
        [line('5', { reference: 't' }), line('5', { reference: 't', occurrence: 1 })],
        [entry('t', '5'), entry('t', '5', { line: 2 })],
      ),
    ).toEqual({
      rules: [
        ['twin', '0'],
        ['twin', '0'],
      ],
      kinds: [],
    });
    expect(
      result([line('5.01', { reference: 't' })], [entry('t', '5')], { amountTolerance: '0.01' as Decimal }),
    ).toEqual({
      rules: [['tolerance', '0.01']],
      kinds: [],
    });
    expect(result([line('-7', { reference: 't' })], [entry('t', '-5'), entry('t', '-2', { line: 2 })]).rules).toEqual([
      ['sum', '0'],
    ]);
    expect(result([line('5', { reference: 't' }), line('2', { reference: 't' })], [entry('t', '7')]).rules).toEqual([
      ['sum', '0'],
    ]);
  });

  test('is otherwise a difference that says what it is', () => {
    expect(result([line('5', { reference: 't' })], [entry('t', '4')]).kinds).toEqual(['amount-differs']);
    expect(result([line('5', { reference: 't', at: at(25) })], [entry('t', '5')]).kinds).toEqual(['date-differs']);
    expect(result([line('5', { reference: 't', at: at(24) })], [entry('t', '5')]).kinds).toEqual([]);
    expect(result([line('5', { reference: 't', asset: 'EUR' })], [entry('t', '5')]).kinds).toEqual(['asset-differs']);
    expect(result([line('5', { reference: 't', accountId: 'bob' })], [entry('t', '5')]).kinds).toEqual([
      'missing-ours',
      'missing-theirs',
    ]);
    expect(result([line('5', { reference: 't', occurrence: 1 })], []).kinds).toEqual(['duplicate-line']);
    expect(result([line('5')], [entry('t', '-5')]).kinds).toEqual(['missing-ours', 'missing-theirs']);
  });
});

describe('a line that names none', () => {
  test('is the entry of its amount that is nearest in time', () => {
    const lines = [line('5', { at: at(2) })];
    const entries = [entry('far', '5'), entry('near', '5', { at: at(3) })];
    expect(matchLeftovers(lines, entries, strict).matches[0]!.entries[0]!.transactionId).toBe('near');
  });

  test('is the one set that covers it, either way, and none where two would do', () => {
    expect(result([line('6')], [entry('a', '1'), entry('b', '5'), entry('c', '7')])).toEqual({
      rules: [['covering', '0']],
      kinds: ['missing-theirs'],
    });
    expect(result([line('1'), line('2'), line('4.5')], [entry('a', '7.5')]).rules).toEqual([['covering', '0']]);
    expect(result([line('6')], [entry('a', '1'), entry('b', '5'), entry('c', '2'), entry('d', '4')]).rules).toEqual([]);
    expect(
      result(
        [line('10')],
        [1, 2, 3, 4].map((n) => entry(`${n}`, `${n}`)),
        { mostInGroup: 3 },
      ).rules,
    ).toEqual([]);
  });
});

test('a covering set is exactly what it covers, and none is missed among a few', () => {
  const amounts = fc.array(
    fc.integer({ min: -50, max: 50 }).map((n) => decimal.div(String(n), '8', 3, 'down')),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(amounts, amounts, fc.integer({ min: 2, max: 4 }), (all, some, most) => {
      const target = decimal.sum(some.slice(0, 3));
      const places = coveringSet(all, target, most);
      const sets: number[][] = [];
      for (let set = 1; set < 1 << all.length; set += 1) {
        const chosen = all.map((_, n) => n).filter((n) => set & (1 << n));
        if (chosen.length >= 2 && chosen.length <= most && decimal.sum(chosen.map((n) => all[n]!)) === target)
          sets.push(chosen);
      }
      const fewest = Math.min(...sets.map(({ length }) => length));
      const best = sets.filter(({ length }) => length === fewest);
      expect(places).toEqual(best.length === 1 ? best[0] : undefined);
    }),
  );
  expect(units('-0.000000000000000001')).toBe(-1n);
});

test('whatever comes in comes out once, and matches are within the tolerance', () => {
  const amount = fc
    .integer({ min: -5, max: 5 })
    .filter((n) => n !== 0)
    .map(String);
  const where = {
    accountId: fc.constantFrom('alice', 'bob'),
    asset: fc.constantFrom('USD', 'BTC'),
    at: fc.integer({ min: 0, max: 60 }).map(at),
  };
  const lines = fc.array(
    fc.record({ amount, reference: fc.option(fc.constantFrom('t1', 't2', 't3'), { nil: undefined }), ...where }),
    { maxLength: 12 },
  );
  const entries = fc.array(fc.record({ amount, transactionId: fc.constantFrom('t1', 't2', 't3', 't4'), ...where }), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(lines, entries, fc.constantFrom('0', '1'), (ls, es, tolerance) => {
      const theirs = ls.map(({ reference, ...rest }) =>
        line(rest.amount, { ...rest, amount: decimal.of(rest.amount), ...(reference && { reference }) }),
      );
      const ours = es.map((each, n) =>
        entry(each.transactionId, each.amount, { ...each, amount: decimal.of(each.amount), line: n }),
      );
      const { matches, differences } = matchLeftovers(theirs, ours, {
        ...strict,
        amountTolerance: tolerance as Decimal,
      });
      const outLines = [...matches.flatMap((match) => match.lines), ...differences.flatMap((each) => each.line ?? [])];
      const outEntries = [
        ...matches.flatMap((match) => match.entries),
        ...differences.flatMap((each) => each.entry ?? []),
      ];
      expect(outLines.map(({ lineId }) => lineId).toSorted((a, b) => a - b)).toEqual(
        theirs.map(({ lineId }) => lineId),
      );
      expect(outEntries.map((each) => each.line).toSorted((a, b) => a - b)).toEqual(ours.map((each) => each.line));
      for (const match of matches) {
        expect(decimal.compare(decimal.abs(match.difference), tolerance)).not.toBe(1);
        const holdings = new Set(
          [...match.lines, ...match.entries].map(({ accountId, asset }) => `${accountId} ${asset}`),
        );
        expect(holdings.size).toBe(1);
      }
    }),
    { numRuns: 300 },
  );
});
