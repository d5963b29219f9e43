import { encodeCursor } from '@tse/core';
import { describeAdapter } from '@tse/testkit';
import { expect, test } from 'vitest';
import { type TestCoordinatorAdapter, createTestCoordinatorAdapter } from './index.ts';
import { SAMPLE, errorsOf, testCoordinator } from './test-run.ts';

const at = '2026-01-01T00:00:00Z';
const of = { runId: 'r', fence: 1 };
const page = { limit: 10 };
const template = `
template: t
name: A template
type: combined
parameters: { by: { type: decimal } }
steps: [{ fault: f, target: x, kind: depeg, with: { by: '\${by}' }, for: PT1M }]
`;

const inputs = {
  'scenarios.publish': { text: SAMPLE, status: 'draft', createdBy: 'someone' },
  'scenarios.change': { scenarioId: 's', version: 1, status: 'active', activeVersion: 1 },
  'scenarios.find': 's',
  'scenarios.get': 's',
  'scenarios.list': { ...page, type: 'combined', status: 'active', tag: 'x', cursor: encodeCursor(['a']) },
  'scenarios.getVersion': { scenarioId: 's', version: 1 },
  'scenarios.resolve': { scenarioId: 's', version: 1, parameters: { a: '1' } },
  'scenarios.publishTemplate': { text: template },
  'scenarios.getTemplate': { templateId: 't', version: 1 },
  'scenarios.instantiate': {
    templateId: 't',
    version: 1,
    scenarioId: 's',
    parameters: { by: '1' },
    status: 'draft',
    createdBy: 'someone',
  },
  'schedules.define': {
    scheduleId: 'n',
    scenarioId: 's',
    scenarioVersion: 1,
    cron: '30 2 * * *',
    timeZone: 'Europe/Berlin',
    overlap: 'skip',
    catchup: 'PT1H',
    parameters: { a: '1' },
    lockName: 'environment',
  },
  'schedules.pause': { scheduleId: 'n', paused: true },
  'schedules.find': 'n',
  'schedules.get': 'n',
  'schedules.list': { ...page, scenarioId: 's' },
  'schedules.listFires': { ...page, scheduleId: 'n' },
  'jobs.enqueue': {
    jobs: [
      {
        jobId: 'j',
        scenarioId: 's',
        scenarioVersion: 1,
        parameters: { a: '1' },
        lockName: 'environment',
        exclusiveKey: 'k',
        priority: 1,
        startAfter: at,
        maxAttempts: 2,
        backoff: 'PT1S',
        dependsOn: [{ jobId: 'p', onFailure: 'skip' }],
      },
    ],
  },
  'jobs.claim': { holder: 'h', limit: 1, ttl: 'PT30S' },
  'jobs.renew': { jobId: 'j', token: 1, ttl: 'PT30S' },
  'jobs.finish': { jobId: 'j', token: 1, succeeded: false, error: 'because' },
  'jobs.cancel': 'j',
  'jobs.retry': 'j',
  'jobs.find': 'j',
  'jobs.get': 'j',
  'jobs.list': { ...page, state: ['ready'], scheduleId: 'n' },
  'locks.find': 'environment',
  'runs.request': {
    runId: 'r',
    scenarioId: 's',
    scenarioVersion: 1,
    seed: 'x',
    parameters: { a: '1' },
    recipe: { a: '1' },
    environment: 'e',
    replayOf: 'o',
    rollback: 'always',
    protected: true,
  },
  'runs.start': { ...of, lockName: 'environment' },
  'runs.end': { ...of, status: 'failed', exitCode: 1, error: 'because', score: 50 },
  'runs.startStep': { ...of, path: '1.2.3' },
  'runs.endStep': { ...of, path: '1.2.3', attempt: 1, status: 'error', output: { a: '1' }, error: 'because' },
  'runs.protect': { runId: 'r', protected: true },
  'runs.find': 'r',
  'runs.get': 'r',
  'runs.list': { ...page, scenarioId: 's', status: ['running'], from: at, to: at },
  'runs.listSteps': 'r',
  'runs.listEvents': 'r',
  'runs.statistics': 's',
  'runs.progress': 'r',
  'faults.plan': {
    ...of,
    faultId: 'f',
    path: '1.2.3',
    target: 'market-data',
    kind: 'depeg',
    params: { a: '1' },
    undo: { a: '1' },
    mustEndBy: '2027-01-01T00:00:00Z',
  },
  'faults.inject': { faultId: 'f', fence: 1 },
  'faults.confirm': { faultId: 'f', state: 'injected', dataLossCount: 0 },
  'faults.undo': { faultId: 'f', fence: 1, reason: 'because' },
  'faults.detect': { faultId: 'f', at },
  'faults.find': 'f',
  'faults.get': 'f',
  'faults.list': { ...page, runId: 'r', target: 't', kind: 'depeg', state: ['injected'] },
  'faults.listEvents': 'f',
  'validations.record': {
    ...of,
    results: [
      {
        path: '1.2.3',
        probe: 'p',
        mode: 'end',
        iteration: 1,
        assertion: 'latency',
        verdict: 'passed',
        expected: 'a',
        actual: 'b',
        error: 'because',
        weight: 2,
        attempts: 1,
        latencyMs: 1.5,
        correlationId: 'c',
        at,
      },
    ],
  },
  'validations.recordHypothesis': { ...of, phase: 'before', deviations: ['because'] },
  'validations.list': { ...page, runId: 'r', verdict: ['failed'], assertion: 'latency' },
  'validations.listOfCorrelation': 'c',
  'validations.listHypotheses': 'r',
  'validations.counts': 'r',
  'validations.statistics': 'latency',
  'validations.score': 'r',
  'invariants.record': {
    ...of,
    name: 'ledger',
    phase: 'after',
    severity: 'error',
    passed: false,
    compared: 1,
    watermark: { exchange: 1 },
    samples: [{ a: '1' }],
  },
  'invariants.list': { ...page, runId: 'r', name: 'ledger', passed: true },
  'invariants.recordOperations': {
    ...of,
    after: 0,
    operations: [{ process: 'p', type: 'invoke', f: 'read', key: 'k', at }],
  },
  'invariants.listOperations': { ...page, runId: 'r' },
  'snapshots.record': {
    ...of,
    snapshotId: 's',
    phase: 'before',
    watermarks: { exchange: 1 },
    items: [{ schema: 'exchange', object: 'facts_trades', rows: 1, sums: {}, checksum: 'x' }],
  },
  'snapshots.find': 's',
  'snapshots.get': 's',
  'snapshots.list': { ...page, runId: 'r' },
  'snapshots.diff': { before: 's', after: 't' },
  'reports.record': {
    ...of,
    items: [
      {
        itemId: 'i',
        parentId: 'p',
        type: 'test',
        name: 'n',
        status: 'failed',
        parameters: { a: '1' },
        retryOf: 'o',
        error: 'because',
        startedAt: at,
        endedAt: at,
      },
    ],
  },
  'reports.tree': 'r',
  'reports.triage': { runId: 'r', itemId: 'i', issueType: 'product', comment: 'because', ticket: 't' },
  'reports.defineTriageRule': { ruleId: 't', pattern: 'x', issueType: 'system', ticket: 't' },
  'reports.appendLogs': {
    runId: 'r',
    lines: [{ n: 1, itemId: 'i', level: 'info', text: 'x', attachment: { a: '1' }, at }],
  },
  'reports.listLogs': { ...page, runId: 'r', itemId: 'i' },
  'reports.history': 'h',
  'reports.listFlaky': { minRuns: 5, limit: 10 },
  'reports.retireLogs': { before: at },
};

describeAdapter<TestCoordinatorAdapter>(createTestCoordinatorAdapter, {
  prepare: async ({ scenarios }) => void (await scenarios.publish({ text: SAMPLE })),
  read: ({ scenarios }) => scenarios.get('sample', { fresh: true }),
  write: ({ runs }, reference) => runs.request({ runId: reference, scenarioId: 'sample' }),
  inputs,
  free: [
    'scenarios.resolve.parameters',
    'scenarios.instantiate.parameters',
    'schedules.define.parameters',
    'jobs.enqueue.jobs.0.parameters',
    'runs.request.parameters',
    'runs.request.recipe',
    'runs.endStep.output',
    'faults.plan.params',
    'faults.plan.undo',
    'invariants.record.watermark',
    'invariants.record.samples',
    'snapshots.record.watermarks',
    'reports.record.items.0.parameters',
    'reports.appendLogs.lines.0.attachment',
  ],
});

const ports = [
  'scenarios',
  'schedules',
  'jobs',
  'locks',
  'runs',
  'faults',
  'validations',
  'invariants',
  'snapshots',
  'reports',
] as const;
/** Without input, with the input of a lease, or for workers alone. */
const others = [
  'faults.listActive',
  'faults.recoveryStatistics',
  'faults.reap',
  'locks.hold',
  'runs.interruptLost',
  'runs.watch',
  'schedules.fireDue',
];

test('every method of every port is put to bad input', () => {
  const url = 'postgres://localhost/none';
  const coordinator = createTestCoordinatorAdapter({
    postgres: { url },
    redis: { url: 'redis://localhost' },
    workers: false,
  });
  const methods = ports.flatMap((port) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(coordinator[port]))
      .filter((name) => name !== 'constructor')
      .map((name) => `${port}.${name}`),
  );
  expect([...Object.keys(inputs), ...others].toSorted()).toEqual(methods.toSorted());
});

test('what watches refuses a bad name as anything else does', async () => {
  await using t = await testCoordinator({ options: { workers: false } });
  const firstOf = async (runId: unknown) => {
    for await (const progress of t.coordinator.runs.watch(runId as string)) return progress;
    return undefined;
  };
  expect(await errorsOf([firstOf(''), firstOf('none'), t.coordinator.locks.hold('')])).toMatchObject([
    { kind: 'invalid-input', issues: [{ path: 'runId' }] },
    { kind: 'not-found', code: 'unknown-run' },
    { kind: 'invalid-input', issues: [{ path: 'name' }] },
  ]);
});
