import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { RunFenceRepository, bothOrNeither, bothOrNeitherIssue, testRunFields } from './run-fences.ts';
import { type TestInstance, testInstance } from './test-instance.ts';

let box: TestInstance;
beforeAll(async () => {
  box = await testInstance(inject('servers'));
});
afterAll(() => box[Symbol.asyncDispose]());

const known = async (run: string) =>
  (await box.db.query<{ fence: string }>('select fence from run_fences where run_id = $1', [run])).rows.map(
    ({ fence }) => Number(fence),
  );

test('the highest fence of a run stays, whoever raises it and in whatever order', async () => {
  const processes = [new RunFenceRepository(box.context), new RunFenceRepository(box.another())];
  const raise = (fence: number, i = 0) => processes[i % 2]!.raise({ run: 'one', fence });
  expect(await raise(2)).toBe(true);
  expect(await raise(2, 1)).toBe(true);
  expect(await raise(1)).toBe(false);
  expect(await known('one')).toEqual([2]);
  const fences = Array.from({ length: 20 }, (_, i) => ((i * 7) % 20) + 1);
  await Promise.all(fences.map(raise));
  expect(await known('one')).toEqual([20]);
  expect(await known('another')).toEqual([]);
});

test('a run comes with its fence, and a fence with its run', () => {
  const input = z.strictObject(testRunFields).refine(bothOrNeither, bothOrNeitherIssue);
  for (const right of [{}, { run: 'r', fence: 1 }]) expect(input.parse(right)).toEqual(right);
  for (const wrong of [{ run: 'r' }, { fence: 1 }])
    expect(input.safeParse(wrong).error?.issues).toMatchObject([{ path: ['fence'] }]);
  expect(input.safeParse({ run: 'r', fence: 0 }).error?.issues).toMatchObject([{ path: ['fence'] }]);
});
