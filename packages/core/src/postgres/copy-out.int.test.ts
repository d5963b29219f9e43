import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type TestInstance, testInstance } from '../consistency/test-instance.ts';

let t: TestInstance;
let one: ReturnType<TestInstance['another']>;
beforeAll(async () => {
  t = await testInstance(inject('servers'));
  // One connection: what leaves it in a bad state is felt by the next.
  one = t.another({ postgres: { ...t.options.postgres, pool: 1 } });
});
afterAll(() => t[Symbol.asyncDispose]());

const numbers = (to: number) => `copy (select i from generate_series(1, ${to}) as i) to stdout`;
const whole = async (chunks: AsyncIterable<Buffer>) => {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
};

test('all rows come, in their order, and the connection goes on', async () => {
  const text = await one.pg.copyOut('test', numbers(100_000), whole);
  expect(text.trimEnd().split('\n')).toEqual(Array.from({ length: 100_000 }, (_, i) => String(i + 1)));
  expect(await one.pg.copyOut('test', numbers(0), whole)).toBe('');
});

test('a reader that stops early or fails leaves a connection that is of use', async () => {
  const { pg } = one;
  const first = await pg.copyOut('test', numbers(200_000), async (chunks) => {
    for await (const chunk of chunks) return chunk.length > 0;
    return false;
  });
  expect(first).toBe(true);
  const failing = pg.copyOut('test', numbers(200_000), async (chunks) => {
    for await (const _ of chunks) throw new RangeError('enough');
  });
  await expect(failing).rejects.toMatchObject({ kind: 'internal' });
  expect(await pg.copyOut('test', numbers(3), whole)).toBe('1\n2\n3\n');
});

test('a statement that is refused is a mapped error, before and amid the rows', async () => {
  const { pg } = one;
  await expect(pg.copyOut('test', 'copy (select 1 from no_such_table) to stdout', whole)).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'schema-outdated',
  });
  const amid = 'copy (select 1 / (50000 - i) from generate_series(1, 60000) as i) to stdout';
  await expect(pg.copyOut('test', amid, whole)).rejects.toMatchObject({ details: { sqlstate: '22012' } });
  expect(await pg.copyOut('test', numbers(3), whole)).toBe('1\n2\n3\n');
});

test('a long one outlives the time that a statement has, and the connection is as before', async () => {
  const { roles } = t.context.identity;
  await t.db.query(`alter role ${roles.adapter} set statement_timeout = '100ms'`);
  const { pg } = t.another({ postgres: { ...t.options.postgres, pool: 1 } });
  const slow = 'copy (select 1 from pg_sleep(0.3)) to stdout';
  const timeout = () => pg.copyOut('test', `copy (select current_setting('statement_timeout')) to stdout`, whole);
  await expect(pg.copyOut('test', slow, whole)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(await pg.copyOut('test', slow, whole, { long: true })).toBe('1\n');
  expect(await timeout()).toBe('100ms\n');
  const failing = pg.copyOut('test', 'copy (select 1 / 0) to stdout', whole, { long: true });
  await expect(failing).rejects.toMatchObject({ details: { sqlstate: '22012' } });
  expect(await timeout()).toBe('100ms\n');
});
