import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCoordinator, errorsOf, testCoordinator } from '../test-run.ts';
import type { RecordSnapshot } from './snapshots.ts';

let t: TestCoordinator;
beforeAll(async () => {
  t = await testCoordinator({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const item = (schema: string, object: string, rows: number, sums: Record<string, string> = {}) => ({
  schema,
  object,
  rows,
  sums,
  checksum: `${object} ${rows}`,
});

test('a snapshot is kept as it was handed in, and two differ object by object', async () => {
  const { snapshots } = t.coordinator;
  const { of } = await t.started('snapped');
  const before: RecordSnapshot = {
    ...of,
    snapshotId: 'before',
    phase: 'before',
    watermarks: { exchange: 100 },
    items: [
      item('exchange', 'facts_trades', 10, { qty: '12.5' }),
      item('exchange', 'facts_orders', 4),
      item('exchange', 'gone', 1),
    ],
  };
  const kept = await snapshots.record(before);
  expect(kept).toMatchObject({ phase: 'before', watermarks: { exchange: 100 }, takenAt: t.box.clock.now() });
  expect(kept.items.map(({ object }) => object)).toEqual(['facts_orders', 'facts_trades', 'gone']);
  expect(await snapshots.record(before)).toEqual(kept);
  await t.box.clock.advance('PT1M');
  await snapshots.record({
    ...of,
    snapshotId: 'after',
    phase: 'after',
    items: [
      item('exchange', 'facts_trades', 11, { qty: '13.75' }),
      item('exchange', 'facts_orders', 4),
      item('risk', 'new', 2),
    ],
  });
  expect(await snapshots.diff({ before: 'before', after: 'after' })).toEqual([
    {
      schema: 'exchange',
      object: 'facts_trades',
      change: 'changed',
      rowsBefore: 10,
      rowsAfter: 11,
      sumsBefore: { qty: '12.5' },
      sumsAfter: { qty: '13.75' },
    },
    { schema: 'exchange', object: 'gone', change: 'gone', rowsBefore: 1, sumsBefore: {} },
    { schema: 'risk', object: 'new', change: 'appeared', rowsAfter: 2, sumsAfter: {} },
  ]);
  expect(await snapshots.diff({ before: 'before', after: 'before' })).toEqual([]);
  expect(
    (await Array.fromAsync(snapshots.list({ runId: 'snapped', limit: 1 }))).map(({ snapshotId }) => snapshotId),
  ).toEqual(['before', 'after']);
  expect(
    await errorsOf([
      snapshots.record({ ...before, items: [item('exchange', 'facts_trades', 99)] }),
      snapshots.record({ ...before, snapshotId: 'x', items: [item('a', 'b', 1), item('a', 'b', 2)] }),
      snapshots.diff({ before: 'before', after: 'none' }),
      snapshots.get('none'),
    ]),
  ).toMatchObject([
    { code: 'id-conflict' },
    { issues: [{ path: 'items' }] },
    { code: 'unknown-snapshot' },
    { code: 'unknown-snapshot' },
  ]);
});
