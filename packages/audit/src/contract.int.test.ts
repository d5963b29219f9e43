import { setTimeout as sleep } from 'node:timers/promises';
import { encodeCursor, systemClock } from '@tse/core';
import { describeAdapter } from '@tse/testkit';
import { expect, test } from 'vitest';
import { type AuditAdapter, createAuditAdapter } from './index.ts';
import { errorsOf, testAudit } from './test-audit.ts';

const at = '2026-01-01T00:00:00Z';
const page = { limit: 10 };
const window = { from: at, to: '2026-01-02T00:00:00Z' };
const traceId = 'a'.repeat(32);
const spanId = 'b'.repeat(16);
const sha256 = 'c'.repeat(64);
const attributes = { any: [1, { thing: true }] };
const change = { runId: 'r', version: 1, reason: 'because' };
const pseudonym = `p-${'d'.repeat(32)}`;
const event = {
  source: 'a-service',
  eventId: 'e',
  type: 'thing.made',
  schemaVersion: 1,
  aggregate: 'thing',
  aggregateId: 't',
  aggregateVersion: 1,
  occurredAt: at,
  traceId,
  spanId,
  correlationId: 'c',
  causationId: 'x',
  actor: 'jane',
  run: 'r',
  fence: 1,
  tags: ['vip'],
};

const inputs = {
  'trail.record': { ...event, payloadText: '{"a":1}' },
  'trail.find': 1,
  'trail.get': 1,
  'trail.findEvent': { source: 'a-service', eventId: 'e' },
  'trail.list': {
    ...page,
    source: 'a-service',
    types: ['thing.made'],
    aggregate: 'thing',
    aggregateId: 't',
    eventId: 'e',
    traceId,
    correlationId: 'c',
    causationId: 'x',
    actor: 'jane',
    run: 'r',
    tags: ['vip'],
    occurredFrom: at,
    occurredTo: at,
    recordedFrom: at,
    recordedTo: at,
    firstPosition: 1,
    lastPosition: 9,
    sort: 'newest',
    cursor: encodeCursor([1]),
  },
  'trail.listConflicts': { ...page, source: 'a-service', eventId: 'e' },
  'trail.listQuarantined': page,
  'sources.add': { name: 'some', schema: 'some_one', prefix: 'some:one', instance: 'one', startAfter: 1 },
  'sources.pause': { sourceId: 'some_one', version: 1 },
  'sources.resume': { sourceId: 'some_one', version: 1 },
  'sources.find': 'some_one',
  'sources.get': 'some_one',
  'sources.list': { ...page, state: 'paused' },
  'blocks.find': 1,
  'blocks.list': { ...page, sort: 'newest' },
  'blocks.listAnchors': { ...page, sink: 's' },
  'blocks.prove': { position: 1, treeSize: 1 },
  'blocks.proveConsistency': { first: 1, second: 2 },
  'blocks.verify': { fromBlock: 1 },
  'retention.setPolicy': { version: 0, keepDays: 30, reason: 'because' },
  'retention.listPolicies': page,
  'retention.listSegments': page,
  'retention.archive': { lastPosition: 1 },
  'subjects.name': { name: 'Jane' },
  'subjects.reveal': { pseudonym },
  'subjects.seal': { name: 'Jane', data: 'a secret' },
  'subjects.open': { sealed: `s1.${pseudonym}.abc` },
  'subjects.erase': { pseudonym, reason: 'because' },
  'telemetry.recordSpans': [
    {
      traceId,
      spanId,
      parentSpanId: spanId,
      service: 's',
      instance: 'i',
      name: 'n',
      kind: 'server',
      startedAt: at,
      durationNs: 5,
      status: 'error',
      statusMessage: 'm',
      attributes,
      links: [{ traceId, spanId }],
      events: [{ name: 'exception', at, attributes }],
    },
  ],
  'telemetry.recordLogs': [{ service: 's', instance: 'i', at, severity: 9, body: 'b', attributes, traceId, spanId }],
  'telemetry.listSpans': { ...page, ...window, traceId, service: 's', name: 'n', status: 'ok' },
  'telemetry.listLogs': { ...page, ...window, traceId, service: 's', severity: 9 },
  'chains.get': { eventId: 'e', source: 'a-service', maxDepth: 5, limit: 5 },
  'chains.link': { effect: 1, cause: 2, kind: 'links' },
  'chains.findTrace': { traceId },
  'timelines.get': { traceId, limit: 5 },
  'timelines.get (flow)': { correlationId: 'c', limit: 5 },
  'timelines.get (run)': { run: 'r', limit: 5 },
  'timelines.listStats': { ...page, ...window, kind: 'span', service: 's', type: 't', step: 'hour' },
  'timelines.listDependencies': { ...page, ...window, kind: 'span', service: 's' },
  'timelines.listClockOffsets': { ...page, ...window, clock: 's/i' },
  'correlations.defineRule': {
    ruleId: 'rule',
    version: 1,
    kind: 'sequence',
    by: 'orderId',
    types: ['thing.made', 'thing.sold'],
    minEvents: 2,
    minSources: 1,
    within: 'PT1M',
    settle: 'PT5S',
    enabled: true,
  },
  'correlations.listRules': { ...page, ruleId: 'rule' },
  'correlations.run': { ruleId: 'rule', version: 1, firstPosition: 1, lastPosition: 2 },
  'correlations.list': {
    ...page,
    ...window,
    ruleId: 'rule',
    version: 1,
    key: 'k',
    position: 1,
    minConfidence: 0.5,
  },
  'correlations.ofKey': 'k',
  'exports.record': {
    exportId: 'x',
    query: { ...window, firstPosition: 1, lastPosition: 2, source: 'a-service', correlationId: 'c' },
    watermark: 2,
    events: 1,
    sha256,
    verified: true,
  },
  'exports.find': 'x',
  'exports.list': { ...page, ...window },
  'accessLog.list': { ...page, ...window, actor: 'jane', queryKind: 'audit.trail.list' },
  'runs.start': { runId: 'r', binaryHash: 'b', configHash: 'c', seed: 's' },
  'runs.end': change,
  'runs.recover': change,
  'runs.quarantine': change,
  'runs.find': 'r',
  'runs.get': 'r',
  'runs.list': { ...page, status: 'running' },
  'runs.listStates': 'r',
  'roots.compute': { ...window, run: 'r', sources: ['a-service'], firstPosition: 1, lastPosition: 2 },
};

describeAdapter<AuditAdapter>(createAuditAdapter, {
  prepare: async (audit) => {
    await audit.trail.record({ source: 'a-service', eventId: 'first', type: 'thing.made', aggregateId: 't' });
    // What is sealed is published by itself: that it was is a metric from then on.
    await audit.blocks.seal();
    if ((await audit.health()).workers.every(({ state }) => state === 'off')) return;
    while (!(await audit.metrics.metrics()).includes('adapter_events_published_total{')) await sleep(20);
  },
  read: (audit) => audit.trail.get(1, { fresh: true }),
  write: async (audit, eventId) => {
    const { position } = await audit.trail.record({
      source: 'a-service',
      eventId,
      type: 'thing.made',
      aggregateId: eventId,
      occurredAt: at,
    });
    return position;
  },
  inputs,
  free: [
    'telemetry.recordSpans.0.attributes',
    'telemetry.recordSpans.0.events.0.attributes',
    'telemetry.recordLogs.0.attributes',
  ],
});

const ports = [
  'trail',
  'sources',
  'blocks',
  'retention',
  'subjects',
  'telemetry',
  'chains',
  'timelines',
  'correlations',
  'exports',
  'accessLog',
  'runs',
  'roots',
] as const;
/** Without input, with members that are judged one by one, or for workers and other ports alone. */
const others = [
  'trail.ingest',
  'trail.head',
  'trail.buffer',
  'sources.all',
  'blocks.seal',
  'blocks.anchor',
  'blocks.bundle',
  'blocks.treePath',
  'retention.archiveDue',
  'chains.progress',
  'correlations.followed',
  'correlations.advance',
  'accessLog.logged',
];

test('every method of every port is put to bad input', () => {
  const url = 'postgres://localhost/none';
  const audit = createAuditAdapter({ postgres: { url }, redis: { url: 'redis://localhost' }, workers: false });
  const methods = ports.flatMap((port) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(audit[port]))
      .filter((name) => name !== 'constructor')
      .map((name) => `${port}.${name}`),
  );
  const attacked = Object.keys(inputs).map((name) => name.replace(/ .*/, ''));
  expect([...new Set([...attacked, ...others])].toSorted()).toEqual(methods.toSorted());
});

test('a forged cursor is refused by its name, or a place in the list; it breaks nothing', async () => {
  await using t = await testAudit({ options: { workers: false } });
  const { trail, sources, blocks, retention, telemetry, timelines, correlations, exports, accessLog, runs } = t.audit;
  const now = systemClock.now();
  const lists: [key: (string | number)[], list: (cursor: string) => PromiseLike<unknown>][] = [
    [[1], (cursor) => trail.list({ cursor })],
    [[1], (cursor) => trail.listConflicts({ cursor })],
    [[1], (cursor) => trail.listQuarantined({ cursor })],
    [['some'], (cursor) => sources.list({ cursor })],
    [[1], (cursor) => blocks.list({ cursor })],
    [['s', 1], (cursor) => blocks.listAnchors({ cursor })],
    [[1], (cursor) => retention.listPolicies({ cursor })],
    [[1], (cursor) => retention.listSegments({ cursor })],
    [[now, traceId, spanId], (cursor) => telemetry.listSpans({ cursor })],
    [[now, 'l'], (cursor) => telemetry.listLogs({ cursor })],
    [[now, 'span', 's', 't'], (cursor) => timelines.listStats({ ...window, cursor })],
    [['span', 'a', 'b'], (cursor) => timelines.listDependencies({ ...window, cursor })],
    [[now, 'a', 'b'], (cursor) => timelines.listClockOffsets({ cursor })],
    [['r', 1], (cursor) => correlations.listRules({ cursor })],
    [[now, 'r', 1, 'h'], (cursor) => correlations.list({ cursor })],
    [[now, 'x'], (cursor) => exports.list({ cursor })],
    [[now, 1], (cursor) => accessLog.list({ cursor })],
    [[now, 'r'], (cursor) => runs.list({ cursor })],
  ];
  const forged = [
    '',
    'a\0b',
    '\uD800',
    "'",
    '0000-01-01T00:00:00Z',
    'infinity',
    'NaN',
    '1'.repeat(30),
    -1,
    0.5,
    2 ** 31,
    2 ** 53,
    null,
    [],
    {},
    true,
  ];
  for (const [key, list] of lists) {
    expect(await list(encodeCursor(key))).toHaveProperty('items');
    for (const [place] of key.entries()) {
      for (const value of forged) {
        const [error] = await errorsOf([list(encodeCursor(key.with(place, value as string)))]);
        if (typeof error !== 'string')
          expect(error, `${place}: ${JSON.stringify(value)}`).toMatchObject({
            kind: 'invalid-input',
            issues: [{ path: 'cursor' }],
          });
      }
    }
    const [error] = await errorsOf([list(encodeCursor([...key, 1]))]);
    expect(error).toMatchObject({ kind: 'invalid-input', issues: [{ path: 'cursor' }] });
  }
});
