import type { BaseAdapter } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withPostgres } from './stored-state.ts';
import { type Boxed, type Subject, boxOf, errorOf } from './subject.ts';

/** The fences of test runs, as `run.changed` raises them. */
export function runFencesContract<A extends BaseAdapter>(subject: Subject<A>): void {
  let box: Boxed<A>;
  beforeAll(async () => {
    box = await boxOf(subject, { options: { workers: false } });
  });
  afterAll(() => box[Symbol.asyncDispose]());

  const known = (run: string) =>
    withPostgres(box.admin.postgresUrl, async (client) => {
      const { rows } = await client.query<{ fence: string }>(
        `select fence from ${box.adapter.identity.schema}.run_fences where run_id = $1`,
        [run],
      );
      return rows.map(({ fence }) => Number(fence));
    });

  test('the highest fence of a run stays, in all processes, and a lower one is told that it is late', async () => {
    await using other = box.open('adapter', { workers: false });
    expect(await box.adapter.runFences.raise({ run: 'fenced', fence: 3 })).toBe(true);
    expect(await other.runFences.raise({ run: 'fenced', fence: 3 })).toBe(true);
    expect(await other.runFences.raise({ run: 'fenced', fence: 2 })).toBe(false);
    expect(await box.adapter.runFences.raise({ run: 'another', fence: 1 })).toBe(true);
    expect(await known('fenced')).toEqual([3]);
  });

  test('one whose reply was lost is raised again with the same result', async () => {
    box.postgres.cutAfterCommit();
    expect(await errorOf(() => box.adapter.runFences.raise({ run: 'lost', fence: 2 }))).toMatchObject({
      kind: 'outcome-unknown',
    });
    await box.adapter.ready({ deadlineMs: 10_000 });
    expect(await box.adapter.runFences.raise({ run: 'lost', fence: 2 })).toBe(true);
    expect(await known('lost')).toEqual([2]);
  });
}
