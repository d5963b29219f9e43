import { instant, isAdapterError, systemClock, withContext } from '@tse/core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RecordEvent, causalTree } from '../index.ts';
import { type TestAudit, derived as derivedAll, event, testAudit } from '../test-audit.ts';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit();
});
afterAll(() => t[Symbol.asyncDispose]());

const record = (id: string, cause?: string, over: Partial<RecordEvent> = {}) =>
  t.audit.trail.record(event(id, { ...(cause !== undefined && { causationId: cause }), ...over }));
const derived = () => expect.poll(async () => (await t.audit.chains.progress()).behind).toBe(0);
const ids = (hops: readonly { eventId: string; depth: number }[]) =>
  hops.map(({ eventId, depth }) => `${depth} ${eventId}`);

test('what an event follows from, and what follows from it, each with its depth and the time of the hop', async () => {
  // parent, two children, one grandchild, and what is no relative of theirs
  await record('parent', undefined, { occurredAt: '2026-01-01T00:00:00Z' });
  await record('child-1', 'parent', { occurredAt: '2026-01-01T00:00:01.5Z' });
  await record('child-2', 'parent', { occurredAt: '2026-01-01T00:00:02Z' });
  await record('grandchild', 'child-1', { source: 'risk', occurredAt: '2026-01-01T00:00:01Z' });
  await record('stranger');
  await derived();
  const chain = await t.audit.chains.get('parent');
  expect(ids(chain.effects)).toEqual(['1 child-1', '1 child-2', '2 grandchild']);
  expect(chain).toMatchObject({ event: { eventId: 'parent' }, causes: [], truncated: false });
  expect(chain.effects.map(({ businessHopMs }) => businessHopMs)).toEqual([1500, 2000, -500]);
  for (const { hopMs } of chain.effects) expect(hopMs).toBeGreaterThanOrEqual(0);

  const back = await t.audit.chains.get({ eventId: 'grandchild', source: 'risk' });
  expect(ids(back.causes)).toEqual(['-1 child-1', '-2 parent']);
  expect(back.causes.map(({ businessHopMs }) => businessHopMs)).toEqual([-500, 1500]);
  expect(back.effects).toEqual([]);
  await expect(t.audit.chains.get('nobody')).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-event' });
});

test('the chain as a tree for people', async () => {
  const lines = causalTree(await t.audit.chains.get('parent')).map((line) =>
    line.replaceAll(/\+\d+\.\d{3} ms/g, '+hop').replaceAll(/ {2}#\d+.*/g, ''),
  );
  expect(lines).toEqual([
    'signal.decided  trading-engine  a-parent',
    '├─ +hop  signal.decided  trading-engine  a-child-1',
    '│  └─ +hop  signal.decided  risk  a-grandchild',
    '└─ +hop  signal.decided  trading-engine  a-child-2',
  ]);
  const back = causalTree(await t.audit.chains.get('grandchild'));
  expect(back.map((line) => line.split('  ')[2]?.trim() ?? line[0])).toEqual([
    'a-parent',
    '↓',
    'a-child-1',
    '↓',
    'a-grandchild',
  ]);
});

test('a parent that comes late is found by its children; a command that never comes leaves them without', async () => {
  await record('early', 'late');
  await record('by-command', 'command-1');
  await derived();
  expect(await t.audit.chains.get('early')).toMatchObject({ causes: [], event: { causationId: 'late' } });
  await record('late');
  await derived();
  expect(ids((await t.audit.chains.get('early')).causes)).toEqual(['-1 late']);
  expect(ids((await t.audit.chains.get('late')).effects)).toEqual(['1 early']);
  expect((await t.audit.chains.get('by-command')).causes).toEqual([]);
});

test('events that name each other, or themselves, end; a diamond shows each once, by the shortest way', async () => {
  await record('ring-1', 'ring-3');
  await record('ring-2', 'ring-1');
  await record('ring-3', 'ring-2');
  await record('self', 'self');
  await record('top');
  await record('left', 'top');
  const right = await record('right', 'top');
  const bottom = await record('bottom', 'left');
  await derived();
  expect(await t.audit.chains.get('ring-1')).toMatchObject({
    causes: [{ eventId: 'ring-3' }, { eventId: 'ring-2' }],
    effects: [],
    truncated: false,
  });
  expect(await t.audit.chains.get('self')).toMatchObject({ causes: [], effects: [] });
  for (let i = 0; i < 2; i += 1)
    await t.audit.chains.link({ effect: bottom.position, cause: right.position, kind: 'follows-from' });
  expect(ids((await t.audit.chains.get('top')).effects)).toEqual(['1 left', '1 right', '2 bottom']);
  expect((await t.audit.chains.get('bottom')).causes.map(({ eventId, kind }) => [eventId, kind])).toEqual([
    ['left', 'caused-by'],
    ['right', 'follows-from'],
    ['top', 'caused-by'],
  ]);
});

test('a further parent must be an event, and another one', async () => {
  const { position } = await record('alone');
  const { link } = { link: (input: { effect: number; cause: number }) => t.audit.chains.link(input) };
  await expect(link({ effect: position, cause: position })).rejects.toMatchObject({
    kind: 'invalid-input',
    issues: [{ path: 'cause' }],
  });
  await expect(link({ effect: position, cause: 10 ** 9 })).rejects.toMatchObject({ kind: 'not-found' });
});

test('a chain is as long and as wide as asked for, and says when it goes on', async () => {
  await record('n0');
  for (let i = 1; i <= 12; i += 1) await record(`n${i}`, `n${i - 1}`);
  await t.audit.trail.ingest(Array.from({ length: 40 }, (_, i) => event(`leaf-${i}`, { causationId: 'n12' })));
  await derived();
  const { chains } = t.audit;
  const whole = await chains.get('n0');
  expect(whole.effects).toHaveLength(52);
  expect(whole.truncated).toBe(false);
  const short = await chains.get({ eventId: 'n0', maxDepth: 3 });
  expect(ids(short.effects)).toEqual(['1 n1', '2 n2', '3 n3']);
  expect(short.truncated).toBe(true);
  expect(await chains.get({ eventId: 'n0', maxDepth: 13 })).toMatchObject({ truncated: false });
  const narrow = await chains.get({ eventId: 'n12', limit: 10 });
  expect(narrow.effects).toHaveLength(10);
  expect(narrow.causes).toHaveLength(10);
  expect(narrow.truncated).toBe(true);
  expect(causalTree(narrow).at(-1)).toContain('goes on');
  expect(await chains.get({ eventId: 'leaf-0', maxDepth: 1 })).toMatchObject({
    causes: [{ eventId: 'n12' }],
    truncated: true,
  });
});

test('events of several sources in one trace are found together, with its spans and what decided how long it took', async () => {
  const traceId = 'c'.repeat(32);
  const now = systemClock.now();
  await withContext({ traceId }, async () => {
    await record('md', undefined, { source: 'market-data' });
    await record('order', 'md', { source: 'exchange', type: 'order.placed' });
    await record('settled', 'order', { source: 'custodian', type: 'settlement.failed' });
  });
  const span = (spanId: string, over: object) => ({
    traceId,
    spanId: spanId.repeat(16),
    name: 'work',
    startedAt: now,
    durationNs: 1000,
    service: 'engine',
    ...over,
  });
  await t.audit.telemetry.recordSpans([
    span('1', { durationNs: 10_000_000 }),
    span('2', {
      parentSpanId: '1'.repeat(16),
      service: 'risk',
      durationNs: 4_000_000,
      startedAt: instant.plusMillis(now, 2),
    }),
  ]);
  await expect.poll(async () => (await t.audit.chains.findTrace(traceId))?.spans).toBe(2);
  await derived();
  const trace = (await t.audit.chains.findTrace(traceId))!;
  expect(trace).toMatchObject({
    events: 3,
    spans: 2,
    errors: 1,
    services: ['custodian', 'engine', 'exchange', 'market-data', 'risk'],
    complete: true,
    trail: [{ eventId: 'md' }, { eventId: 'order' }, { eventId: 'settled' }],
    tree: [{ service: 'engine' }, { service: 'risk' }],
    criticalPath: [
      { spanId: '1'.repeat(16), selfNs: 6_000_000 },
      { spanId: '2'.repeat(16), selfNs: 4_000_000 },
    ],
    truncated: false,
  });
  // A span whose parent is still to come leaves it incomplete until then.
  await t.audit.telemetry.recordSpans([span('4', { parentSpanId: '3'.repeat(16) })]);
  await expect.poll(async () => (await t.audit.chains.findTrace(traceId))?.complete).toBe(false);
  await t.audit.telemetry.recordSpans([span('3', { parentSpanId: '1'.repeat(16) })]);
  await expect.poll(async () => (await t.audit.chains.findTrace(traceId))?.complete).toBe(true);
  expect(await t.audit.chains.findTrace('d'.repeat(32))).toBeUndefined();
});

test('a trace is read from its copy in Redis as long as nothing was added, and from the tables without Redis', async () => {
  const traceId = 'e'.repeat(32);
  await withContext({ traceId }, () => record('copied'));
  await derived();
  const first = await t.audit.chains.findTrace(traceId);
  const key = `${t.audit.identity.prefix}:trace:{${traceId}}`;
  const text = (await t.stores.redis.read('test', (redis) => redis.get(key)))!;
  await t.stores.redis.write('test', (redis) => redis.set(key, text.replace('a-copied', 'a-forged')));
  expect((await t.audit.chains.findTrace(traceId))!.trail[0]!.aggregateId).toBe('a-forged');
  expect(await t.audit.chains.findTrace(traceId, { fresh: true })).toEqual(first);
  await withContext({ traceId }, () => record('added'));
  await derived();
  expect((await t.audit.chains.findTrace(traceId))!.trail.map(({ aggregateId }) => aggregateId)).toEqual([
    'a-copied',
    'a-added',
  ]);
  await using _ = t.box.redis.down();
  expect((await t.audit.chains.findTrace(traceId))!.trail).toHaveLength(2);
});

test('who looked at a chain is written down before the answer is given', async () => {
  await record('watched');
  await derived();
  await withContext({ actor: 'jane' }, async () => {
    await t.audit.chains.get('watched');
    await t.audit.chains.get('watched');
    await t.audit.chains.get('parent');
  });
  const { items } = await t.audit.accessLog.list({ actor: 'jane' });
  expect(items).toMatchObject([
    { queryKind: 'audit.chains.get', rows: 1 },
    { queryKind: 'audit.chains.get', rows: 1 },
    { queryKind: 'audit.chains.get', rows: 4 },
  ]);
  expect(items[0]!.filterHash).toBe(items[1]!.filterHash);
  expect(items[0]!.filterHash).not.toBe(items[2]!.filterHash);
  expect((await t.audit.accessLog.list({ actor: 'nobody' })).items).toEqual([]);
  const paged = await Array.fromAsync(
    t.audit.accessLog.list({ actor: 'jane', queryKind: 'audit.chains.get', limit: 1 }),
  );
  expect(paged).toEqual(items);

  t.box.postgres.cutAfterCommit({ match: /insert into access_log/ });
  const error = await t.audit.chains.get('watched').catch((reason: unknown) => reason);
  expect(isAdapterError(error) && [error.kind, error.code]).toEqual(['unavailable', 'access-not-logged']);
});

test('how complete the chains are is a metric', async () => {
  await derived();
  const text = async () => t.audit.metrics.getSingleMetricAsString('system_causation_chain');
  const valueOf = async (state: string) => Number(new RegExp(`state="${state}"[^}]*} (\\d+)`).exec(await text())?.[1]);
  await using facts = await t.facts();
  const [counted] = await facts.query<{ linked: number; unresolved: number; roots: number }>(
    "select count(cause_position) as linked, count(*) - count(cause_position) as unresolved, (select roots from facts_chain_totals) as roots from facts_event_links where kind = 'caused-by'",
  );
  expect(counted!.linked).toBeGreaterThan(20);
  await expect
    .poll(async () => [await valueOf('linked'), await valueOf('unresolved'), await valueOf('root')])
    .toEqual([counted!.linked, counted!.unresolved, counted!.roots]);
  const [{ n }] = (await facts.query<{ n: number }>(
    "select count(*) as n from facts_event_links where cause_id = 'command-1'",
  )) as [{ n: number }];
  expect(n).toBe(1);
});

test('a chain that goes into what is archived ends there, and says so', async () => {
  const archiveFolder = await mkdtemp(join(tmpdir(), 'chains-'));
  await using folder = new AsyncDisposableStack();
  folder.defer(() => rm(archiveFolder, { recursive: true }));
  await using other = await testAudit({
    options: { workers: ['project-chains', 'project-timelines'], partitionWidth: 1000, archiveFolder },
  });
  const { trail, blocks, retention, chains } = other.audit;
  await trail.record(event('gone', { causationId: 'late' }));
  await trail.ingest(Array.from({ length: 1000 }, (_, i) => event(`filler-${i}`)));
  await trail.record(event('stays', { causationId: 'gone' }));
  await trail.record(event('after', { causationId: 'stays' }));
  // A cause of what is archived, which came after it.
  await trail.record(event('late'));
  await blocks.seal();
  await derivedAll(other);
  expect((await chains.get('stays')).causes.map(({ eventId }) => eventId)).toEqual(['gone', 'late']);
  expect(await retention.archive({ lastPosition: 1000 })).toHaveLength(1);
  expect(await chains.get('stays')).toMatchObject({ causes: [], effects: [{ eventId: 'after' }], truncated: true });
  expect(await chains.get('after')).toMatchObject({ causes: [{ eventId: 'stays' }], truncated: true });
  await expect(chains.get('gone')).rejects.toMatchObject({ code: 'unknown-event' });
});
