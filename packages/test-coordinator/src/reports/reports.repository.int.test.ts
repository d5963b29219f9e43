import { withContext } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestCoordinator, errorsOf, testCoordinator } from '../test-run.ts';

let t: TestCoordinator;
beforeAll(async () => {
  t = await testCoordinator({ options: { workers: false }, start: '2020-01-10T00:00:00Z' });
});
afterAll(() => t[Symbol.asyncDispose]());

const item = (itemId: string, more: object = {}) => ({
  itemId,
  type: 'test' as const,
  name: itemId,
  status: 'passed' as const,
  startedAt: t.box.clock.now(),
  endedAt: t.box.clock.now(),
  ...more,
});

test('a report is a tree, recorded once, also after the end of its run', async () => {
  const { reports, runs } = t.coordinator;
  const { of } = await t.started('tree');
  const items = [
    item('suite', { type: 'suite', status: 'failed' }),
    item('one', { parentId: 'suite', parameters: { by: '1' } }),
    item('two', { parentId: 'suite', status: 'failed', error: 'it broke' }),
    item('two-again', { parentId: 'suite', retryOf: 'two' }),
  ];
  expect(await reports.record({ ...of, items })).toBe(4);
  expect(await reports.record({ ...of, items })).toBe(4);
  await runs.end({ ...of, status: 'completed' });
  expect(await reports.record({ ...of, items: [item('late', { parentId: 'suite' })] })).toBe(5);
  const [suite, ...others] = await reports.tree('tree');
  expect(others).toEqual([]);
  expect(suite!.children.map(({ itemId }) => itemId)).toEqual(['one', 'two', 'two-again', 'late']);
  expect(suite!.children[1]).toMatchObject({ status: 'failed', error: 'it broke' });
  expect(
    await errorsOf([
      reports.record({ ...of, items: [item('one', { status: 'failed' })] }),
      reports.record({ ...of, items: [item('x', { parentId: 'none' })] }),
      reports.record({ runId: 'none', fence: 1, items: [item('x')] }),
      reports.record({ ...of, items: [item('x', { endedAt: '2000-01-01T00:00:00Z' })] }),
    ]),
  ).toMatchObject([
    { code: 'id-conflict', details: { itemId: 'one' } },
    { code: 'unknown-parent', details: { itemId: 'x' } },
    { code: 'unknown-run' },
    { kind: 'invalid-input', issues: [{ path: 'items.0.endedAt' }] },
  ]);
});

test('a test is followed through all runs by its name and parameters, and one that changes its mind is flaky', async () => {
  const { reports } = t.coordinator;
  const outcomes = {
    steady: ['passed', 'passed', 'passed', 'passed'],
    shaky: ['passed', 'failed', 'passed', 'error'],
    broken: ['passed', 'failed', 'failed', 'failed'],
  } as const;
  for (let i = 0; i < 4; i += 1) {
    const { of } = await t.started(`history-${i}`);
    await t.box.clock.advance('PT1H');
    await reports.record({
      ...of,
      items: Object.entries(outcomes).map(([name, of4]) => item(name, { status: of4[i]! })),
    });
  }
  const caseOf = (name: string) =>
    reports.tree('history-0').then((trees) => trees.find((each) => each.name === name)!.caseHash);
  expect(await reports.history(await caseOf('shaky'))).toMatchObject({
    runs: 4,
    passed: 2,
    failed: 2,
    flipRate: 1,
    lastOutcomes: ['error', 'passed', 'failed', 'passed'],
  });
  expect(await reports.history(await caseOf('steady'))).toMatchObject({ flipRate: 0, failed: 0 });
  expect((await reports.listFlaky({ minRuns: 4 })).map(({ name, flipRate }) => [name, flipRate])).toEqual([
    ['shaky', 1],
    ['broken', 1 / 3],
  ]);
  expect(await reports.history('none')).toBeUndefined();
});

test('a rule says what is behind a failure until a person does', async () => {
  const { reports } = t.coordinator;
  await reports.defineTriageRule({ ruleId: 'net', pattern: 'ECONN[A-Z]+', issueType: 'system', ticket: 'OPS-1' });
  const { of } = await t.started('triaged');
  await reports.record({
    ...of,
    items: [
      item('net', { status: 'error', error: 'ECONNRESET by peer' }),
      item('own', { status: 'failed', error: 'wrong sum' }),
    ],
  });
  const triageOf = async (itemId: string) =>
    (await reports.tree('triaged')).find((each) => each.itemId === itemId)?.triage;
  expect(await triageOf('net')).toMatchObject({ issueType: 'system', ticket: 'OPS-1', automatic: true });
  expect(await triageOf('own')).toBeUndefined();
  const mine = { runId: 'triaged', itemId: 'net', issueType: 'product', comment: 'we close it ourselves' } as const;
  const said = await withContext({ actor: 'someone' }, () => reports.triage(mine));
  expect(said).toMatchObject({ issueType: 'product', automatic: false, comment: mine.comment });
  expect(await reports.triage(mine)).toEqual(said);
  expect(await triageOf('net')).toEqual(said);
  expect(
    await errorsOf([
      reports.triage({ ...mine, itemId: 'none' }),
      reports.defineTriageRule({ ruleId: 'bad', pattern: '(', issueType: 'system' }),
    ]),
  ).toMatchObject([
    { code: 'unknown-item' },
    { kind: 'invalid-input', code: 'malformed-pattern', issues: [{ path: 'pattern' }] },
  ]);
});

test('lines of a log come once, and months leave but for protected runs', async () => {
  const { reports, runs } = t.coordinator;
  const { of: kept } = await t.started('logged-kept');
  const { of: left } = await t.started('logged-left');
  await runs.protect({ runId: 'logged-kept', protected: true });
  const lines = [
    { n: 1, text: 'one', level: 'warn' as const },
    { n: 2, text: 'two', attachment: { name: 'heap.bin', sha256: 'abc' } },
  ];
  for (const { runId } of [kept, left]) {
    expect(await reports.appendLogs({ runId, lines })).toBe(2);
    expect(await reports.appendLogs({ runId, lines: [...lines, { n: 3, text: 'three' }] })).toBe(1);
  }
  const textOf = async (runId: string) =>
    (await Array.fromAsync(reports.listLogs({ runId, limit: 2 }))).map(({ text }) => text);
  expect(await textOf('logged-left')).toEqual(['one', 'two', 'three']);
  expect((await reports.listLogs({ runId: 'logged-kept' })).items[1]).toMatchObject({ attachment: { sha256: 'abc' } });
  expect(await reports.retireLogs({ before: '2019-01-01T00:00:00Z' })).toEqual([]);
  expect(await reports.retireLogs({ before: new Date() })).toEqual(['logs_before']);
  expect(await textOf('logged-kept')).toEqual(['one', 'two', 'three']);
  expect(await textOf('logged-left')).toEqual([]);
  await expect(reports.appendLogs({ runId: 'none', lines })).rejects.toMatchObject({ code: 'unknown-run' });
});
