import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type TestCli, sample, testCli } from './test-cli.ts';

let cli: TestCli;
beforeAll(async () => {
  cli = await testCli(inject('servers'));
});
afterAll(() => cli[Symbol.asyncDispose]());

test('shows each view of a schema, and the same as JSON', async () => {
  const it = cli.fresh();
  expect(await it.run('snapshot')).toMatchObject({
    code: 0,
    err: expect.stringContaining('run tse migrate') as string,
  });
  await it.run('migrate');
  const shown = await it.run('snapshot');
  expect(shown.out).toContain(`${it.schema} facts_events: 0 rows`);
  const { snapshots } = (await it.run('snapshot --json')).json() as unknown as {
    snapshots: Record<string, { watermark: number; items: { object: string; checksum: string }[] }>;
  };
  expect(snapshots[it.schema]).toMatchObject({ watermark: 0 });
  expect(snapshots[it.schema]!.items.map(({ object }) => object)).toContain('facts_checkpoints');
});

test('hands it to the adapter that keeps snapshots, and says what it lacks', async () => {
  const it = cli.fresh();
  await it.run('migrate');
  expect(await it.run('snapshot --run r')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--fence') as string,
  });
  expect(await it.run('snapshot --run r --fence 1 --phase before')).toMatchObject({
    code: 2,
    err: expect.stringContaining('no adapter that keeps snapshots') as string,
  });
  const kept: unknown[] = [];
  const keeper = {
    ...sample,
    recordSnapshot: ({
      runId,
      fence,
      phase,
      snapshots,
    }: {
      runId: string;
      fence: number;
      phase: string;
      snapshots: object;
    }) => {
      kept.push([runId, fence, phase, Object.keys(snapshots)]);
      return Promise.resolve('s-1');
    },
  };
  expect(await it.run('snapshot --run r --fence 7 --phase after', { adapter: keeper })).toMatchObject({
    code: 0,
    out: expect.stringContaining('kept as s-1') as string,
  });
  expect(kept).toEqual([['r', 7, 'after', [it.schema]]]);
});
