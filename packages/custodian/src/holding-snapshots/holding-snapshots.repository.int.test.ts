import { decimal } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HoldingProof, verifyHolding } from '../index.ts';
import { type TestCustodian, testCustodian } from '../test-custodian.ts';

let t: TestCustodian;
beforeAll(async () => {
  t = await testCustodian();
  for (let i = 0; i < 5; i += 1)
    await t.client(`c${i}`, { USD: `${i + 1}.0000000001`, ...(i % 2 === 0 && { BTC: '0.00000001' }) });
});
afterAll(() => t[Symbol.asyncDispose]());

test('a snapshot counts what all clients have, and stands as it was taken', async () => {
  const { holdingSnapshots } = t.custodian;
  const snapshot = await holdingSnapshots.take({ snapshotId: 'day-1' });
  expect(snapshot).toEqual({
    snapshotId: 'day-1',
    asOf: '2026-01-01T00:00:00.000000Z',
    root: expect.stringMatching(/^[0-9a-f]{64}$/),
    totals: { BTC: '0.00000003', USD: '15.0000000005' },
    leaves: 8,
  });
  await t.custodian.holdings.adjust({
    reference: 'later',
    reason: 'later',
    movements: [
      { accountId: 'external', asset: 'USD', amount: '-1' },
      { accountId: 'c1', asset: 'USD', amount: '1' },
    ],
  });
  expect(await holdingSnapshots.take({ snapshotId: 'day-1' })).toEqual(snapshot);
  const next = await Promise.all(Array.from({ length: 4 }, () => holdingSnapshots.take({ snapshotId: 'day-2' })));
  for (const each of next) expect(each).toEqual(next[0]);
  expect(next[0]).toMatchObject({ totals: { USD: '16.0000000005' } });
  expect((await Array.fromAsync(holdingSnapshots.list({ limit: 1 }))).map(({ snapshotId }) => snapshotId)).toEqual([
    'day-2',
    'day-1',
  ]);
});

test('each holding that is counted can be proved with the root alone, and nothing else can', async () => {
  const { holdingSnapshots } = t.custodian;
  const snapshot = (await holdingSnapshots.find('day-1'))!;
  for (let i = 0; i < 5; i += 1) {
    const proof = await holdingSnapshots.prove({ snapshotId: 'day-1', accountId: `c${i}`, asset: 'USD' });
    expect(proof.root).toBe(snapshot.root);
    expect(verifyHolding(JSON.parse(JSON.stringify(proof)) as HoldingProof)).toBe(true);
    const bent: Partial<HoldingProof>[] = [
      { root: '0'.repeat(64) },
      { amount: decimal.plus(proof.amount, '1') },
      { accountId: 'mallory' },
      { asset: 'BTC' },
      { steps: proof.steps.slice(1) },
    ];
    for (const over of bent) expect(verifyHolding({ ...proof, ...over })).toBe(false);
  }
  await expect(holdingSnapshots.prove({ snapshotId: 'day-1', accountId: 'c1', asset: 'BTC' })).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-holding',
  });
  await expect(holdingSnapshots.prove({ snapshotId: 'day-9', accountId: 'c1', asset: 'USD' })).rejects.toMatchObject({
    kind: 'not-found',
    code: 'unknown-snapshot',
  });
});

test('what a venue owes more than is held for it is a break while it lasts', async () => {
  const { holdingSnapshots, reconciliations } = t.custodian;
  const compare = (comparisonId: string, totals: Record<string, string>, snapshotId = 'day-1') =>
    holdingSnapshots.compare({
      comparisonId,
      snapshotId,
      venue: 'exchange',
      liabilities: { root: 'a'.repeat(64), totals },
    });
  const first = await compare('cmp-1', { USD: '16', ETH: '2' });
  expect(first).toEqual({
    comparisonId: 'cmp-1',
    snapshotId: 'day-1',
    venue: 'exchange',
    liabilityRoot: 'a'.repeat(64),
    assets: {
      BTC: { held: '0.00000003', owed: '0', difference: '0.00000003' },
      ETH: { held: '0', owed: '2', difference: '-2' },
      USD: { held: '15.0000000005', owed: '16', difference: '-0.9999999995' },
    },
  });
  expect(await compare('cmp-1', { USD: '16', ETH: '2' })).toEqual(first);
  await expect(compare('cmp-1', { USD: '17' })).rejects.toMatchObject({ kind: 'conflict', code: 'id-conflict' });
  const deficits = async () =>
    (await reconciliations.listBreaks({ source: 'exchange', state: ['open'] })).items.map(
      ({ kind, asset, difference }) => [kind, asset, difference],
    );
  expect(await deficits()).toEqual([
    ['deficit', 'ETH', '2'],
    ['deficit', 'USD', '0.9999999995'],
  ]);
  await compare('cmp-2', { USD: '16' }, 'day-2');
  expect(await deficits()).toEqual([]);
});
