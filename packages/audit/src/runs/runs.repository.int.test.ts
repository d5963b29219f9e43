import { queryBuilder, withContext } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStatuses, runTransitions } from '../index.ts';
import type { Tables } from '../schema.ts';
import { type TestAudit, errorsOf, event, testAudit } from '../test-audit.ts';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const made = { binaryHash: 'sha256:1', configHash: 'sha256:2', seed: '42' };

test('a run says what it is made of; the same again is the same, another under its id a conflict', async () => {
  const { runs, trail } = t.audit;
  await trail.ingest([event('a'), event('b')]);
  const run = await withContext({ actor: 'jane' }, () => runs.start({ runId: 'r1', ...made }));
  expect(run).toEqual({
    runId: 'r1',
    ...made,
    startedAt: t.box.clock.now(),
    status: 'running',
    highWatermark: 2,
    changedAt: t.box.clock.now(),
    version: 1,
  });
  expect(await runs.start({ runId: 'r1', ...made })).toEqual(run);
  expect(
    await errorsOf([runs.start({ runId: 'r1', ...made, seed: '43' }), runs.get('r2'), runs.end({ runId: 'r2' })]),
  ).toMatchObject([
    { kind: 'conflict', code: 'id-conflict' },
    { kind: 'not-found', code: 'unknown-run' },
    { kind: 'not-found', code: 'unknown-run' },
  ]);
});

test('a run that crashed goes on, ends, and may be quarantined: each state stays, with how far the trail was', async () => {
  const { runs, trail } = t.audit;
  await trail.ingest([event('c')]);
  const recovered = await runs.recover({ runId: 'r1', version: 1, reason: 'the engine died' });
  expect(recovered).toMatchObject({
    status: 'crashed-recovered',
    version: 2,
    highWatermark: 4,
    reason: 'the engine died',
  });
  await runs.recover({ runId: 'r1' });
  await t.box.clock.advance('PT1M');
  const ended = await runs.end({ runId: 'r1' });
  expect(await runs.end({ runId: 'r1' })).toEqual(ended);
  expect(await errorsOf([runs.recover({ runId: 'r1' }), runs.end({ runId: 'r1', version: 1 })])).toMatchObject([
    { kind: 'conflict', code: 'illegal-transition' },
    { kind: 'conflict', code: 'stale-version' },
  ]);
  expect(await runs.quarantine({ runId: 'r1', reason: 'wrong configuration' })).toMatchObject({
    status: 'quarantined',
    version: 5,
  });
  const states = await runs.listStates('r1');
  expect(states.map(({ status }) => status)).toEqual([
    'running',
    'crashed-recovered',
    'crashed-recovered',
    'ended',
    'quarantined',
  ]);
  for (const [i, { highWatermark }] of states.entries())
    expect(highWatermark).toBeGreaterThanOrEqual(states[Math.max(0, i - 1)]!.highWatermark);
  const told = await trail.list({ types: ['manifest.changed'], aggregateId: 'r1' });
  expect(
    told.items.map(({ aggregateVersion, payload }) => [aggregateVersion, (payload as { status: string }).status]),
  ).toEqual(states.map(({ version, status }) => [version, status]));
});

test('of many that change a run at once each is judged by what is then', async () => {
  const { runs } = t.audit;
  await runs.start({ runId: 'race', ...made });
  const results = await Promise.allSettled([
    ...Array.from({ length: 5 }, () => runs.recover({ runId: 'race' })),
    runs.end({ runId: 'race' }),
    ...Array.from({ length: 5 }, () => runs.recover({ runId: 'race', version: 1 })),
  ]);
  const states = await runs.listStates('race');
  expect(states.map(({ version }) => version)).toEqual(states.map((_, i) => i + 1));
  expect(states.at(-1)!.status).toBe('ended');
  expect(states.length).toBe(1 + results.filter(({ status }) => status === 'fulfilled').length);
});

test('runs are listed newest first, by status, page by page', async () => {
  const { runs } = t.audit;
  await runs.start({ runId: 'r3', binaryHash: 'x', configHash: 'y' });
  const all = await Array.fromAsync(runs.list({ limit: 1 }));
  expect(all.map(({ runId }) => runId)).toEqual(['race', 'r3', 'r1']);
  expect((await runs.list({ status: 'running' })).items).toMatchObject([{ runId: 'r3' }]);
  expect(all.find(({ runId }) => runId === 'r3')).not.toHaveProperty('seed');
});

test('the rules in TypeScript are the table of transitions, all of it', async () => {
  const query = queryBuilder<Tables>().selectFrom('transitions').select(['machine', 'from_status', 'to_status']);
  const rows = await t.stores.pg.query('test', 'read', query);
  const ours = runStatuses.flatMap((from) => runTransitions[from].map((to) => `run: ${from} -> ${to}`));
  const theirs = rows.map((row) => `${row.machine}: ${row.from_status} -> ${row.to_status}`);
  expect(theirs.filter((line) => line.startsWith('run:')).toSorted()).toEqual(ours.toSorted());
});
