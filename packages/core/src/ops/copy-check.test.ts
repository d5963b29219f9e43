import { expect, test } from 'vitest';
import type { DriftReport } from '../consistency/drift.ts';
import { judgeDrift } from './copy-check.ts';

test('no round yet, and a round without drift, are well', () => {
  expect(judgeDrift([])).toEqual({ state: 'up', facts: {} });
  expect(judgeDrift([['balances', { checked: 7, drifted: [] }]])).toEqual({
    state: 'up',
    facts: { 'balances compared': 7 },
  });
});

test('drift is told with the first copies', () => {
  const drifted = ['a', 'b', 'c'].map((id) => ({ id, kind: 'behind' as const }));
  const reports: [string, DriftReport][] = [
    ['balances', { checked: 9, drifted: [{ id: 'alice', part: 'USD', kind: 'different' }] }],
    ['order-books', { checked: 3, drifted }],
  ];
  expect(judgeDrift(reports)).toEqual({
    state: 'degraded',
    reason: 'the last round found balances alice/USD different, order-books a behind, order-books b behind and 1 more',
    facts: {
      'balances compared': 9,
      'balances drifted': 1,
      'order-books compared': 3,
      'order-books drifted': 3,
    },
  });
});
