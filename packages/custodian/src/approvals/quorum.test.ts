import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Quorum, isMet } from './quorum.ts';

const people = ['a', 'b', 'c', 'd', 'e'];

/** By trying every way to put every person into one group or none. */
function assignable(groups: Quorum['groups'], persons: readonly string[], filled = groups.map(() => 0)): boolean {
  if (groups.every(({ threshold }, n) => filled[n]! >= threshold)) return true;
  const [person, ...rest] = persons;
  if (person === undefined) return false;
  return (
    assignable(groups, rest, filled) ||
    groups.some(
      ({ members }, n) => members.includes(person) && assignable(groups, rest, filled.with(n, filled[n]! + 1)),
    )
  );
}

const quorums = fc.record({
  groups: fc.array(
    fc.record({ threshold: fc.integer({ min: 1, max: 3 }), members: fc.subarray(people, { minLength: 1 }) }),
    { minLength: 1, maxLength: 3 },
  ),
  persons: fc.subarray(people),
});

test('a quorum of all groups is met exactly where each person can be counted in one group only and all are filled', () => {
  fc.assert(
    fc.property(quorums, ({ groups, persons }) => {
      expect(isMet({ join: 'all', groups }, persons)).toBe(assignable(groups, persons));
    }),
    { numRuns: 500 },
  );
});

test('a quorum of any group is met where one of them is', () => {
  fc.assert(
    fc.property(quorums, ({ groups, persons }) => {
      expect(isMet({ join: 'any', groups }, persons)).toBe(groups.some((group) => assignable([group], persons)));
    }),
  );
});

test('the same person through two groups counts once, and twice named is once there', () => {
  const groups = [
    { threshold: 1, members: ['a', 'b'] },
    { threshold: 1, members: ['a'] },
  ];
  expect(isMet({ join: 'all', groups }, ['a', 'a'])).toBe(false);
  // Whoever comes first is not the one who is left over.
  expect(isMet({ join: 'all', groups }, ['a', 'b'])).toBe(true);
  expect(isMet({ join: 'any', groups }, ['a'])).toBe(true);
  expect(isMet({ join: 'all', groups }, [])).toBe(false);
});
