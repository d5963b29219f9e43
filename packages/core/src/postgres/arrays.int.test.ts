import { sql } from 'kysely';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type TestInstance, testInstance } from '../consistency/test-instance.ts';
import { withContext } from '../pipe/context.ts';
import { queryBuilder, statement } from './statement.ts';

let t: TestInstance;
let one: ReturnType<TestInstance['another']>;
beforeAll(async () => {
  t = await testInstance(inject('servers'));
  // One connection: what leaves it in a bad state is felt by the next.
  one = t.another({ postgres: { ...t.options.postgres, pool: 1 } });
});
afterAll(() => t[Symbol.asyncDispose]());

const rowsOf = (columns: ReturnType<typeof sql>) =>
  statement('test.rows', 'read', (p: { upTo: number }) => ({
    compile: () => sql`select ${columns} from generate_series(1, ${p.upTo}::integer) as n`.compile(queryBuilder()),
  }));
const asRow = (row: unknown[]) => row;

test('rows come as arrays in the order of their columns, their values as everywhere', async () => {
  const { pg } = one;
  const rows = rowsOf(
    sql`n, n * 1.50 as price, timestamptz '2026-01-01T00:00:00.5Z' as at, null as none, 'Zürich – ' || n as place, array[n, 2::bigint] as list`,
  );
  const at = '2026-01-01T00:00:00.500000Z';
  const expected = [
    [1, '1.5', at, null, 'Zürich – 1', [1, 2]],
    [2, '3', at, null, 'Zürich – 2', [2, 2]],
  ];
  expect(await pg.arrays(rows, { upTo: 2 }, asRow)).toEqual(expected);
  expect(await pg.arrays(rows, { upTo: 0 }, asRow)).toEqual([]);
  expect(await pg.transaction('test', (tx) => tx.arrays(rows, { upTo: 2 }, asRow))).toEqual(expected);
  const [first] = await pg.many(rows, { upTo: 1 });
  expect(Object.values(first as object)).toEqual(expected[0]);
});

test('what is longer than one read of the socket is put together', async () => {
  const { pg } = one;
  const short = rowsOf(sql`n, n::numeric / 4 as quarter`);
  const quarter = (n: number) => String(n / 4);
  expect(await pg.arrays(short, { upTo: 50_000 }, asRow)).toEqual(
    Array.from({ length: 50_000 }, (_, i) => [i + 1, quarter(i + 1)]),
  );
  const long = rowsOf(sql`repeat('é', 300000) as text, n`);
  const lengths = await pg.arrays(long, { upTo: 3 }, ([text, n]) => [(text as string).length, n]);
  expect(lengths).toEqual([1, 2, 3].map((n) => [300_000, n]));
});

test('in a transaction, other statements go between them', async () => {
  const { pg } = one;
  const rows = rowsOf(sql`n`);
  const read = await pg.transaction('test', async (tx) => [
    await tx.arrays(rows, { upTo: 3 }, ([n]) => n),
    await tx.many(rows, { upTo: 2 }),
    await tx.arrays(rows, { upTo: 1 }, ([n]) => n),
  ]);
  expect(read).toEqual([[1, 2, 3], [{ n: 1 }, { n: 2 }], [1]]);
});

test('a failure amid the rows, of the statement or of who reads, leaves a connection that is of use', async () => {
  const { pg } = one;
  const rows = rowsOf(sql`n`);
  const failing = rowsOf(sql`1 / (3000 - n) as one, repeat('x', 100) as text`);
  await expect(pg.arrays(failing, { upTo: 5000 }, asRow)).rejects.toMatchObject({ details: { sqlstate: '22012' } });
  let read = 0;
  const refusing = pg.arrays(rows, { upTo: 50_000 }, () => {
    read += 1;
    throw new RangeError('enough');
  });
  await expect(refusing).rejects.toMatchObject({ kind: 'internal' });
  expect(read).toBe(1);
  await expect(pg.arrays(rowsOf(sql`infinity_of(n)`), { upTo: 1 }, asRow)).rejects.toMatchObject({
    code: 'schema-outdated',
  });
  const year = rowsOf(sql`timestamptz '12026-01-01Z' as at`);
  await expect(pg.arrays(year, { upTo: 1 }, asRow)).rejects.toMatchObject({ kind: 'internal' });
  expect(await pg.arrays(rows, { upTo: 2 }, ([n]) => n)).toEqual([1, 2]);
});

test('a call whose deadline passes amid the rows fails; the next one is served', async () => {
  const { pg } = one;
  const slow = rowsOf(sql`n, pg_sleep(n / 1000.0)::text as slept, repeat('x', 1000) as text`);
  const late = withContext({ deadlineMs: 200 }, () => pg.arrays(slow, { upTo: 200 }, asRow));
  await expect(late).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await pg.arrays(rowsOf(sql`n`), { upTo: 2 }, ([n]) => n)).toEqual([1, 2]);
});
