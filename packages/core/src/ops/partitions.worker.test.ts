import { expect, test } from 'vitest';
import { judgeAhead } from './partitions.worker.ts';

test('partitions far ahead are well, one table that is short is named', () => {
  expect(judgeAhead([['trades', 92.7]])).toEqual({ state: 'up', facts: { 'trades days ahead': 92 } });
  expect(
    judgeAhead([
      ['trades', 92],
      ['orders', 12.9],
      ['fills', -3],
    ]),
  ).toEqual({
    state: 'degraded',
    reason: 'partitions end in 12 days for orders, 0 days for fills',
    facts: { 'trades days ahead': 92, 'orders days ahead': 12, 'fills days ahead': -3 },
  });
});
