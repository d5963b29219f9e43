import { expect, test } from 'vitest';
import { judgeDrift } from './drift-check.ts';

test('no round yet, and a round without drift, are well', () => {
  expect(judgeDrift(undefined)).toEqual({ state: 'up', facts: { checked: 0, drifted: 0 } });
  expect(judgeDrift({ checked: 7, drifted: [] })).toEqual({ state: 'up', facts: { checked: 7, drifted: 0 } });
});

test('drift is told with the first ids', () => {
  const drifted = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, kind: 'behind' as const }));
  expect(judgeDrift({ checked: 9, drifted })).toEqual({
    state: 'degraded',
    reason: 'the last round found a behind, b behind, c behind and 2 more',
    facts: { checked: 9, drifted: 5 },
  });
});
