import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCoordinator, errorsOf, testCoordinator } from '../test-run.ts';

let t: TestCoordinator;
beforeAll(async () => {
  t = await testCoordinator();
});
afterAll(() => t[Symbol.asyncDispose]());

const stateOf = async (faultId: string) => (await t.coordinator.faults.get(faultId)).state;

test('a fault is written down before it is injected, and told to its target step by step', async () => {
  const { faults } = t.coordinator;
  const { of, lease } = await t.started('life');
  const plan = {
    ...of,
    faultId: 'life-1',
    path: '2.1',
    target: 'market-data',
    kind: 'depeg',
    params: { symbol: 'USDT-USD', by: '-0.08' },
    undo: { by: '0' },
    mustEndBy: '2026-01-03T00:00:00Z',
  } as const;
  const planned = await faults.plan(plan);
  expect(planned).toMatchObject({
    state: 'planned',
    kind: 'depeg',
    params: plan.params,
    undo: plan.undo,
    fence: of.fence,
  });
  expect(await faults.plan(plan)).toEqual(planned);
  await expect(faults.plan({ ...plan, kind: 'price-crash' })).rejects.toMatchObject({ code: 'id-conflict' });
  await faults.inject({ faultId: 'life-1', fence: of.fence });
  expect(await faults.confirm({ faultId: 'life-1', state: 'injected' })).toMatchObject({
    state: 'injected',
    injectedAt: t.box.clock.now(),
  });
  await t.box.clock.advance('PT12S');
  expect(await faults.detect({ faultId: 'life-1' })).toMatchObject({ detectionMs: 12_000 });
  await t.box.clock.advance('PT8S');
  expect(await faults.detect({ faultId: 'life-1' })).toMatchObject({ detectionMs: 12_000 });
  expect(await faults.undo({ faultId: 'life-1', fence: of.fence, reason: 'done' })).toMatchObject({ state: 'undoing' });
  await t.box.clock.advance('PT1S');
  expect(await faults.confirm({ faultId: 'life-1', state: 'undone', dataLossCount: 0 })).toMatchObject({
    state: 'undone',
    recoveryMs: 21_000,
    dataLossCount: 0,
  });
  expect((await faults.listEvents('life-1')).map(({ state }) => state)).toEqual([
    'planned',
    'injecting',
    'injected',
    'undoing',
    'undone',
  ]);
  await lease.release();
  await expect
    .poll(async () =>
      (await t.box.events.all())
        .filter(({ type, payload }) => type === 'fault.changed' && payload['faultId'] === 'life-1')
        .map(({ payload }) => payload['state']),
    )
    .toEqual(['planned', 'injecting', 'injected', 'undoing', 'undone']);
});

test('only what may be in effect is active', async () => {
  const { faults } = t.coordinator;
  const { of, lease } = await t.started('active');
  for (const faultId of ['a-planned', 'b-injecting', 'c-injected', 'd-undone', 'e-withdrawn'])
    await t.planned(of, faultId);
  for (const faultId of ['b-injecting', 'c-injected', 'd-undone']) await faults.inject({ faultId, fence: of.fence });
  for (const faultId of ['c-injected', 'd-undone']) await faults.confirm({ faultId, state: 'injected' });
  await faults.confirm({ faultId: 'd-undone', state: 'undone' });
  await faults.undo({ faultId: 'e-withdrawn', fence: of.fence });
  expect(await stateOf('e-withdrawn')).toBe('withdrawn');
  expect((await Array.fromAsync(faults.listActive())).map(({ faultId }) => faultId)).toEqual([
    'b-injecting',
    'c-injected',
  ]);
  expect((await faults.list({ runId: 'active', state: ['planned'] })).items).toHaveLength(1);
  await lease.release();
});

test('what cannot be is refused for its reason', async () => {
  const { faults } = t.coordinator;
  const { of } = await t.started('refused');
  await t.planned(of, 'refused-1');
  expect(
    await errorsOf([
      faults.plan({ ...of, target: 'x', kind: 'depeg', mustEndBy: t.box.clock.now() }),
      faults.confirm({ faultId: 'refused-1', state: 'injected' }),
      faults.detect({ faultId: 'refused-1' }),
      faults.inject({ faultId: 'none', fence: 1 }),
      faults.get('none'),
      faults.plan({ runId: 'none', fence: 1, target: 'x', kind: 'depeg', mustEndBy: '2027-01-01T00:00:00Z' }),
    ]),
  ).toMatchObject([
    { kind: 'invalid-input', code: 'must-end-in-future', issues: [{ path: 'mustEndBy' }] },
    { code: 'illegal-transition' },
    { code: 'not-injected' },
    { code: 'unknown-fault' },
    { code: 'unknown-fault' },
    { code: 'unknown-run' },
  ]);
});

test('no fault outlives its run: what was injected is undone, what was planned never happens', async () => {
  const { faults, runs } = t.coordinator;
  const { of } = await t.started('over');
  for (const faultId of ['over-1', 'over-2', 'over-3']) await t.planned(of, faultId);
  await faults.inject({ faultId: 'over-2', fence: of.fence });
  await faults.inject({ faultId: 'over-3', fence: of.fence });
  await faults.confirm({ faultId: 'over-3', state: 'injected' });
  await runs.end({ ...of, status: 'completed' });
  expect(await Promise.all(['over-1', 'over-2', 'over-3'].map(stateOf))).toEqual(['withdrawn', 'undoing', 'undoing']);
  await expect(faults.inject({ faultId: 'over-1', fence: of.fence })).rejects.toMatchObject({ code: 'run-ended' });
});

test.each(['planned', 'injecting', 'injected'])(
  'the coordinator dies when a fault is %s: it is undone, and the dead one is refused',
  async (state) => {
    const { faults } = t.coordinator;
    const { of, lease } = await t.started(`dies-${state}`);
    const faultId = `dies-${state}`;
    await t.planned(of, faultId);
    if (state !== 'planned') await faults.inject({ faultId, fence: of.fence });
    if (state === 'injected') await faults.confirm({ faultId, state: 'injected' });
    await lease.release(); // as the end of its process would, once its lease has run out
    await expect.poll(() => stateOf(faultId)).toBe(state === 'planned' ? 'withdrawn' : 'undoing');
    await expect(faults.inject({ faultId, fence: of.fence })).rejects.toMatchObject({
      code: expect.stringMatching(/run-interrupted|illegal-transition/),
    });
    if (state !== 'planned')
      expect(await faults.confirm({ faultId, state: 'undone' })).toMatchObject({ state: 'undone' });
  },
);

test('a fault past its time is undone though its run goes on', async () => {
  const { faults } = t.coordinator;
  const { of } = await t.started('overdue');
  await t.planned(of, 'overdue-1');
  await faults.inject({ faultId: 'overdue-1', fence: of.fence });
  await t.box.clock.advance('PT59M');
  expect(await stateOf('overdue-1')).toBe('injecting');
  await t.box.clock.advance('PT1M');
  await expect.poll(() => stateOf('overdue-1')).toBe('undoing');
  expect(await faults.get('overdue-1')).toMatchObject({ reason: 'overdue' });
});

test('a target that does not answer is told again, and in the end a person has to look', async () => {
  const { faults } = t.coordinator;
  const { of } = await t.started('silent');
  await t.planned(of, 'silent-1');
  await faults.inject({ faultId: 'silent-1', fence: of.fence });
  await faults.undo({ faultId: 'silent-1', fence: of.fence });
  for (let attempts = 2; attempts <= 10; attempts += 1) {
    await t.box.clock.advance('PT5S');
    await expect.poll(async () => (await faults.get('silent-1')).undoAttempts).toBe(attempts);
  }
  await t.box.clock.advance('PT5S');
  await expect.poll(() => stateOf('silent-1')).toBe('failed');
  expect((await Array.fromAsync(faults.listActive())).map(({ faultId }) => faultId)).toContain('silent-1');
  expect(await faults.confirm({ faultId: 'silent-1', state: 'undone' })).toMatchObject({ state: 'undone' });
});

test('two reapers undo each fault once', async () => {
  const { faults } = t.coordinator;
  await using _other = t.box.open('coordinator');
  const { of } = await t.started('two');
  const ids = Array.from({ length: 20 }, (_, i) => `two-${i}`);
  for (const faultId of ids) {
    await t.planned(of, faultId);
    await faults.inject({ faultId, fence: of.fence });
  }
  await t.box.clock.advance('PT1H');
  await expect.poll(async () => (await faults.list({ runId: 'two', state: ['undoing'] })).items.length).toBe(20);
  for (const faultId of ids)
    expect((await faults.listEvents(faultId)).map(({ state }) => state)).toEqual(['planned', 'injecting', 'undoing']);
});

test('how long detection and recovery took is told by kind', async () => {
  const { faults } = t.coordinator;
  const statistics = await faults.recoveryStatistics();
  expect(statistics.find(({ kind }) => kind === 'depeg')).toEqual({
    kind: 'depeg',
    faults: 1,
    averageDetectionMs: 12_000,
    p95DetectionMs: 12_000,
    averageRecoveryMs: 21_000,
    p95RecoveryMs: 21_000,
  });
});
