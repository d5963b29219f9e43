import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCoordinator, testCoordinator } from '../test-run.ts';
import type { RecordOperations } from './invariants.ts';

let t: TestCoordinator;
beforeAll(async () => {
  t = await testCoordinator();
});
afterAll(() => t[Symbol.asyncDispose]());

test('an identity that is checked again and again has each result, with its watermark and what offends', async () => {
  const { invariants } = t.coordinator;
  const { of } = await t.started('checked');
  const ledger = { ...of, name: 'ledger', phase: 'during', compared: 12, watermark: { exchange: 812 } } as const;
  expect(await invariants.record({ ...ledger, passed: true })).toMatchObject({ n: 1, passed: true, samples: [] });
  const told = () => t.coordinator.metrics.getSingleMetricAsString('test_invariant_holds');
  expect(await told()).toMatch(/test_invariant_holds\{[^}]*invariant="ledger"\} 1$/m);
  await t.box.clock.advance('PT1S');
  const broken = await invariants.record({ ...ledger, passed: false, samples: [{ account: 'alice', off: '0.1' }] });
  expect(broken).toMatchObject({ n: 2, severity: 'error', checkedAt: t.box.clock.now() });
  expect(await told()).toMatch(/test_invariant_holds\{[^}]*invariant="ledger"\} 0$/m);
  expect((await invariants.list({ runId: 'checked', passed: false })).items).toEqual(
    [broken].map(({ ...rest }) => ({ ...rest })),
  );
  expect((await Array.fromAsync(invariants.list({ runId: 'checked', limit: 1 }))).map(({ n }) => n)).toEqual([1, 2]);
  await expect(invariants.record({ ...ledger, passed: true, samples: [1] })).rejects.toMatchObject({
    issues: [{ path: 'samples' }],
  });
  await expect
    .poll(async () =>
      (await t.box.events.all())
        .filter(({ type }) => type === 'validation.completed')
        .map(({ payload }) => [payload['invariant'], payload['passed']]),
    )
    .toEqual([
      ['ledger', true],
      ['ledger', false],
    ]);
});

test('a history is appended to once, whatever is sent again', async () => {
  const { invariants } = t.coordinator;
  const { of } = await t.started('history');
  const first: RecordOperations = {
    ...of,
    operations: [{ process: 'a', type: 'invoke', f: 'write', key: 'x', value: { to: 1 } }],
  };
  const second: RecordOperations = {
    ...of,
    after: 1,
    operations: [{ process: 'a', type: 'ok', f: 'write', key: 'x' }],
  };
  expect(await invariants.recordOperations(first)).toBe(1);
  expect(await invariants.recordOperations(second)).toBe(2);
  expect(await invariants.recordOperations(first)).toBe(2);
  await expect(
    invariants.recordOperations({ ...second, operations: [{ process: 'b', type: 'ok', f: 'write' }] }),
  ).rejects.toMatchObject({ code: 'history-differs' });
  await expect(invariants.recordOperations({ ...second, after: 9 })).rejects.toMatchObject({ code: 'history-differs' });
  expect(
    (await Array.fromAsync(invariants.listOperations({ runId: 'history', limit: 1 }))).map(({ n, type, value }) => [
      n,
      type,
      value,
    ]),
  ).toEqual([
    [1, 'invoke', { to: 1 }],
    [2, 'ok', undefined],
  ]);
});
