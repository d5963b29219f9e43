import { withContext } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCoordinator, errorsOf, testCoordinator } from '../test-run.ts';
import type { RunProgress } from './runs.ts';

let t: TestCoordinator;
beforeAll(async () => {
  t = await testCoordinator();
});
afterAll(() => t[Symbol.asyncDispose]());

test('a run waits without times, starts under a lease, and ends with its duration and exit code', async () => {
  const { runs } = t.coordinator;
  const queued = await runs.request({
    runId: 'life',
    scenarioId: 'sample',
    seed: '7',
    environment: 'ci',
    recipe: { exchange: '0.1.0' },
  });
  expect(queued).toMatchObject({
    status: 'queued',
    scenarioVersion: 1,
    seed: '7',
    version: 1,
    recipe: { exchange: '0.1.0' },
  });
  expect(queued.startedAt ?? queued.endedAt ?? queued.fence).toBeUndefined();
  expect(
    await runs.request({
      runId: 'life',
      scenarioId: 'sample',
      seed: '7',
      environment: 'ci',
      recipe: { exchange: '0.1.0' },
    }),
  ).toEqual(queued);

  await using lease = await t.coordinator.locks.hold('lock/life');
  const of = { runId: 'life', fence: lease.fence };
  const started = await runs.start({ ...of, lockName: lease.name });
  expect(started).toMatchObject({
    status: 'running',
    fence: lease.fence,
    lockName: 'lock/life',
    startedAt: t.box.clock.now(),
  });
  expect(await runs.start({ ...of, lockName: lease.name })).toEqual(started);
  await t.box.clock.advance('PT90S');
  const ended = await runs.end({ ...of, status: 'completed', score: 87.5 });
  expect(ended).toMatchObject({ status: 'completed', exitCode: 0, durationMs: 90_000, score: 87.5, deviated: false });
  expect(await runs.end({ ...of, status: 'completed' })).toEqual(ended);
  expect((await runs.listEvents('life')).map(({ version, status }) => [version, status])).toEqual([
    [1, 'queued'],
    [2, 'running'],
    [3, 'completed'],
  ]);
});

test('a run that failed keeps its error and its exit code', async () => {
  const { runs } = t.coordinator;
  const { of } = await t.started('failing');
  expect(await runs.end({ ...of, status: 'failed', exitCode: 2, error: 'a probe broke' })).toMatchObject({
    status: 'failed',
    exitCode: 2,
    error: 'a probe broke',
  });
  expect(
    await errorsOf([
      runs.end({ ...of, status: 'completed', exitCode: 1 }),
      runs.end({ ...of, status: 'failed', exitCode: 0 }),
    ]),
  ).toMatchObject([
    { kind: 'invalid-input', issues: [{ path: 'exitCode' }] },
    { kind: 'invalid-input', issues: [{ path: 'exitCode' }] },
  ]);
});

test('what cannot be is refused for its reason, and changes nothing', async () => {
  const { runs } = t.coordinator;
  await runs.request({ runId: 'refused', scenarioId: 'sample' });
  const before = await runs.get('refused');
  const of = { runId: 'refused', fence: 1 };
  expect(
    await errorsOf([
      runs.request({ runId: 'refused', scenarioId: 'sample', seed: '2' }),
      runs.request({ runId: 'x', scenarioId: 'none' }),
      runs.request({ runId: 'x', scenarioId: 'sample', scenarioVersion: 9 }),
      runs.request({ runId: 'x', scenarioId: 'sample', replayOf: 'none' }),
      runs.start({ ...of, lockName: 'nobody holds this' }),
      runs.end({ ...of, status: 'completed' }),
      runs.startStep({ ...of, path: '1' }),
      runs.start({ runId: 'none', fence: 1, lockName: 'l' }),
      runs.get('none'),
    ]),
  ).toMatchObject([
    { code: 'id-conflict' },
    { code: 'unknown-scenario' },
    { code: 'unknown-version' },
    { code: 'unknown-replayed-run' },
    { code: 'stale-fence' },
    { code: 'run-not-started' },
    { code: 'run-not-started' },
    { code: 'unknown-run' },
    { code: 'unknown-run' },
  ]);
  expect(await runs.get('refused')).toEqual(before);
});

test('steps have attempts, and no result comes after the end', async () => {
  const { runs } = t.coordinator;
  const { of } = await t.started('steps');
  expect(await runs.startStep({ ...of, path: '2.1' })).toMatchObject({ attempt: 1, status: 'running' });
  expect(await runs.startStep({ ...of, path: '2.1' })).toMatchObject({ attempt: 1 });
  const failed = await runs.endStep({
    ...of,
    path: '2.1',
    attempt: 1,
    status: 'failed',
    error: 'no',
    output: { seen: 1 },
  });
  expect(failed).toMatchObject({ status: 'failed', error: 'no', output: { seen: 1 } });
  expect(
    await runs.endStep({ ...of, path: '2.1', attempt: 1, status: 'failed', error: 'no', output: { seen: 1 } }),
  ).toEqual(failed);
  expect(await runs.startStep({ ...of, path: '2.1' })).toMatchObject({ attempt: 2 });
  expect(
    await errorsOf([
      runs.endStep({ ...of, path: '2.1', attempt: 1, status: 'passed' }),
      runs.endStep({ ...of, path: '2.1', attempt: 9, status: 'passed' }),
      runs.startStep({ ...of, path: '9' }),
    ]),
  ).toMatchObject([{ code: 'illegal-transition' }, { code: 'unknown-step' }, { code: 'unknown-step' }]);
  await runs.end({ ...of, status: 'aborted' });
  expect((await runs.listSteps('steps')).map(({ path, attempt, status }) => [path, attempt, status])).toEqual([
    ['2.1', 1, 'failed'],
    ['2.1', 2, 'error'],
  ]);
  const { validations, invariants, snapshots } = t.coordinator;
  const items = [{ schema: 's', object: 'o', rows: 1, checksum: 'c' }];
  expect(
    await errorsOf([
      runs.startStep({ ...of, path: '1' }),
      runs.endStep({ ...of, path: '2.1', attempt: 2, status: 'passed' }),
      t.planned(of, 'too-late'),
      validations.recordHypothesis({ ...of, phase: 'after' }),
      validations.record({ ...of, results: [{ path: '1', probe: 'up', assertion: 'latency', verdict: 'passed' }] }),
      invariants.record({ ...of, name: 'ledger', phase: 'after', passed: true, compared: 1 }),
      invariants.recordOperations({ ...of, operations: [{ process: 'p', type: 'invoke', f: 'read' }] }),
      snapshots.record({ ...of, snapshotId: 'late', phase: 'after', items }),
    ]),
  ).toEqual(Array.from({ length: 8 }, () => expect.objectContaining({ code: 'run-ended' })));
});

test('whoever takes over is obeyed alone: each write of the holder before is refused', async () => {
  const { runs, locks, validations, invariants, snapshots, faults, reports } = t.coordinator;
  const { of: old, lease } = await t.started('taken');
  await runs.startStep({ ...old, path: '1' });
  const fault = await t.planned(old, 'taken-fault');
  await lease.release();
  await using later = await locks.hold(lease.name);
  const of = { runId: 'taken', fence: later.fence };
  expect(later.fence).toBeGreaterThan(old.fence);
  expect(await runs.start({ ...of, lockName: later.name })).toMatchObject({ status: 'running', fence: later.fence });
  const items = [{ schema: 's', object: 'o', rows: 1, checksum: 'c' }];
  expect(
    await errorsOf([
      runs.start({ ...old, lockName: later.name }),
      runs.end({ ...old, status: 'completed' }),
      runs.startStep({ ...old, path: '2' }),
      runs.endStep({ ...old, path: '1', attempt: 1, status: 'passed' }),
      t.planned(old, 'another'),
      faults.inject({ faultId: fault.faultId, fence: old.fence }),
      faults.undo({ faultId: fault.faultId, fence: old.fence }),
      validations.recordHypothesis({ ...old, phase: 'before' }),
      validations.record({ ...old, results: [{ path: '1', probe: 'up', assertion: 'latency', verdict: 'passed' }] }),
      invariants.record({ ...old, name: 'ledger', phase: 'after', passed: true, compared: 1 }),
      invariants.recordOperations({ ...old, operations: [{ process: 'p', type: 'invoke', f: 'read' }] }),
      snapshots.record({ ...old, snapshotId: 's-old', phase: 'after', items }),
      reports.record({
        ...old,
        items: [
          {
            itemId: 'i',
            type: 'test',
            name: 'n',
            status: 'passed',
            startedAt: t.box.clock.now(),
            endedAt: t.box.clock.now(),
          },
        ],
      }),
    ]),
  ).toEqual(Array.from({ length: 13 }, () => expect.objectContaining({ code: 'stale-fence' })));
  expect(await runs.endStep({ ...of, path: '1', attempt: 1, status: 'passed' })).toMatchObject({ status: 'passed' });
});

test('a run whose lease is lost is interrupted, its holder is refused, and another goes on', async () => {
  const { runs, locks } = t.coordinator;
  const { of, lease } = await t.started('lost');
  await lease.release();
  await expect.poll(async () => (await runs.get('lost')).status).toBe('interrupted');
  expect(
    await errorsOf([runs.startStep({ ...of, path: '1' }), runs.end({ ...of, status: 'completed' })]),
  ).toMatchObject([{ code: 'run-interrupted' }, { code: 'stale-fence' }]);
  await using later = await locks.hold(lease.name);
  expect(await runs.start({ runId: 'lost', fence: later.fence, lockName: later.name })).toMatchObject({
    status: 'running',
  });
  expect((await runs.listEvents('lost')).map(({ status, reason }) => [status, reason])).toEqual([
    ['queued', undefined],
    ['running', undefined],
    ['interrupted', 'lease-lost'],
    ['running', 'taken-over'],
  ]);
});

test('runs are listed newest first, and how those of a scenario went is counted', async () => {
  const { runs, scenarios } = t.coordinator;
  const { text } = await scenarios.getVersion({ scenarioId: 'sample' });
  await scenarios.publish({ text: text.replace('scenario: sample', 'scenario: counted'), status: 'active' });
  expect(await runs.statistics('counted')).toEqual({ ended: 0, completed: 0 });
  for (const [i, status] of (['completed', 'completed', 'failed'] as const).entries()) {
    const runId = `counted-${i}`;
    await runs.request({ runId, scenarioId: 'counted' });
    await using lease = await t.coordinator.locks.hold(`lock/${runId}`);
    await runs.start({ runId, fence: lease.fence, lockName: lease.name });
    await t.box.clock.advance('PT10S');
    await runs.end({ runId, fence: lease.fence, status });
  }
  expect(await runs.statistics('counted')).toEqual({
    ended: 3,
    completed: 2,
    passRate: 2 / 3,
    averageDurationMs: 10_000,
  });
  const ids = async (filter: object) =>
    (await Array.fromAsync(runs.list({ scenarioId: 'counted', limit: 2, ...filter }))).map(({ runId }) => runId);
  expect(await ids({})).toEqual(['counted-2', 'counted-1', 'counted-0']);
  expect(await ids({ status: ['failed'] })).toEqual(['counted-2']);
});

test('a run is watched from Redis until it ends, and is there without Redis all the same', async () => {
  const { runs } = t.coordinator;
  const { of } = await t.started('watched');
  const seen: RunProgress[] = [];
  const watching = (async () => {
    for await (const progress of runs.watch('watched')) seen.push(progress);
  })();
  await expect.poll(() => seen.length).toBe(1);
  await runs.startStep({ ...of, path: '1' });
  await expect.poll(() => seen.at(-1)).toMatchObject({ path: '1', stepStatus: 'running' });
  {
    await using _down = t.box.redis.down();
    expect(await runs.endStep({ ...of, path: '1', attempt: 1, status: 'passed' })).toMatchObject({ status: 'passed' });
    expect(await runs.get('watched', { fresh: true })).toMatchObject({ status: 'running' });
  }
  await expect.poll(() => runs.end({ ...of, status: 'completed' }).then(({ status }) => status)).toBe('completed');
  await expect
    .poll(() => runs.end({ ...of, status: 'completed' }).then(() => runs.progress('watched')))
    .toMatchObject({ status: 'completed' });
  await watching;
  expect(seen.at(-1)).toMatchObject({ status: 'completed' });
});

test('a lost reply starts a run once', async () => {
  const { runs } = t.coordinator;
  using strike = t.box.postgres.cutAfterCommit({ match: /request_run/ });
  const request = () => runs.request({ runId: 'once', scenarioId: 'sample' });
  await expect(request()).rejects.toMatchObject({ kind: 'outcome-unknown', repeatWith: { id: 'once' } });
  expect(await strike.struck).toBeDefined();
  expect(await request()).toMatchObject({ version: 1 });
  expect(await runs.listEvents('once')).toHaveLength(1);
});

test('what a run writes carries the run, its fence and who did it', async () => {
  const { of } = await withContext({ actor: 'someone', correlationId: 'flow-1' }, () => t.started('told'));
  await expect
    .poll(async () => (await t.box.events.all()).findLast(({ payload }) => payload['runId'] === 'told'))
    .toMatchObject({
      type: 'run.changed',
      run: 'told',
      fence: of.fence,
      actor: 'someone',
      correlationId: 'flow-1',
      payload: { status: 'running' },
    });
});
