import { sql } from 'kysely';
import { expect, inject, test } from 'vitest';
import { testInstance } from '../consistency/test-instance.ts';
import { queryBuilder, statement } from './statement.ts';

const rows = statement('test.rows', 'read', (p: { upTo: number }) => ({
  compile: () =>
    sql`select n, n * 1.50 as price, timestamptz '2026-01-01T00:00:00.5Z' as at, null as none from generate_series(1, ${p.upTo}::integer) as n`.compile(
      queryBuilder(),
    ),
}));

test('rows come as arrays in the order of their columns, their values as everywhere', async () => {
  await using box = await testInstance(inject('servers'));
  const { pg } = box.context;
  const expected = [
    [1, '1.5', '2026-01-01T00:00:00.500000Z', null],
    [2, '3', '2026-01-01T00:00:00.500000Z', null],
  ];
  expect(await pg.arrays(rows, { upTo: 2 })).toEqual(expected);
  expect(await pg.transaction('test', (tx) => tx.arrays(rows, { upTo: 2 }))).toEqual(expected);
  expect(await pg.many(rows, { upTo: 1 })).toEqual([{ n: 1, price: '1.5', at: expected[0]![2], none: null }]);
});
