import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

test('states are made again as they were at a vector, or compared with what was written then', async () => {
  const it = cli.fresh();
  const read = 'select type from facts_events';
  const adapter = {
    ...sample,
    states: [{ object: 'events', now: read, at: `${read} where publish_seq <= (select seq from asked)` }],
  };
  await it.run('migrate');
  const then = await it.run('snapshot --json', { adapter });
  await writeFile(join(cli.cwd, 'then.json'), then.out);
  expect(await it.run('snapshot --at then.json', { adapter })).toMatchObject({
    code: 0,
    out: `${it.schema} events: 0 rows, as then\n`,
  });
  expect(await it.run(`snapshot --at ${it.schema}=0`, { adapter })).toMatchObject({
    code: 0,
    out: `${it.schema} events: 0 rows\n`,
  });
  expect(await it.run(`snapshot --at ${it.schema}=5`, { adapter })).toMatchObject({
    code: 0,
    err: expect.stringContaining('is numbered up to 0') as string,
  });
  await writeFile(join(cli.cwd, 'other.json'), then.out.replace(/("object": "events",\s*"rows": )0/, '$17'));
  const found = await it.run('snapshot --at other.json --json', { adapter });
  expect(found.code).toBe(1);
  expect(found.json()).toMatchObject({ vector: { [it.schema]: 0 }, different: [`${it.schema} events`] });
  expect(await it.run('snapshot --at other.json', { adapter })).toMatchObject({
    code: 1,
    out: expect.stringContaining('events is not as it was') as string,
  });
  expect(await it.run('snapshot --at exchange=x', { adapter })).toMatchObject({ code: 2 });
  expect(await it.run('snapshot --at nowhere.json', { adapter })).toMatchObject({ code: 1 });
  expect(await it.run('snapshot --at then.json --run r --fence 1 --phase after', { adapter })).toMatchObject({
    code: 2,
  });
});
