import { withContext } from '@tse/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestAudit, asAdapter, event, testAudit } from '../test-audit.ts';
import { leafHash } from './leaf.ts';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const positions = async (from: number) =>
  (await Array.fromAsync(t.audit.trail.list({ firstPosition: from }))).map(({ position }) => position);

test('what a service says of itself is there as it was said, with who and why from the context', async () => {
  const { trail } = t.audit;
  const { position } = await withContext(
    { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), actor: 'jane', run: 'r', fence: 3 },
    () =>
      trail.record(
        event('full', {
          aggregateVersion: 1,
          causationId: 'cause',
          tags: ['vip', 'späti'],
          payload: { nested: { a: [1, '2', true, null, '€\u0000'] } },
        }),
      ),
  );
  const found = await trail.get(position);
  expect(found).toEqual({
    position,
    recordedAt: expect.stringMatching(/^20..-..-..T.*\.\d{6}Z$/),
    source: 'trading-engine',
    eventId: 'full',
    type: 'signal.decided',
    schemaVersion: 1,
    aggregate: 'signal',
    aggregateId: 'a-full',
    aggregateVersion: 1,
    occurredAt: '2026-01-01T00:00:00.000001Z',
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    correlationId: 'a'.repeat(32),
    causationId: 'cause',
    actor: 'jane',
    run: 'r',
    fence: 3,
    tags: ['vip', 'späti'],
    payload: { nested: { a: [1, '2', true, null, '€\u0000'] } },
    payloadText: '{"nested":{"a":[1,"2",true,null,"€\\u0000"]}}',
    leafHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(leafHash(found).toString('hex')).toBe(found.leafHash);
  expect(await trail.findEvent({ eventId: 'full' })).toEqual(found);
  expect(await trail.findEvent({ source: 'other', eventId: 'full' })).toBeUndefined();
});

test('a repeat answers the first position; another content under its id is a conflict that is kept', async () => {
  const { trail } = t.audit;
  const first = await trail.record(event('twice'));
  expect(await trail.record(event('twice'))).toEqual({ ...first, duplicate: true });
  await expect(trail.record(event('twice', { payload: { of: 'other' } }))).rejects.toMatchObject({
    kind: 'conflict',
    code: 'id-conflict',
  });
  await expect(trail.record(event('twice', { occurredAt: '2026-01-02T00:00:00Z' }))).rejects.toMatchObject({
    code: 'id-conflict',
  });
  const { items } = await trail.listConflicts({ eventId: 'twice' });
  expect(items).toMatchObject([
    { source: 'trading-engine', eventId: 'twice', position: first.position },
    { position: first.position },
  ]);
  expect(JSON.parse(items[0]!.offered)).toMatchObject({ payloadText: '{"of":"other"}' });
  expect(await trail.get(first.position)).toMatchObject({ payload: { of: 'twice' } });
  expect(await trail.record(event('twice', { source: 'another-service' }))).toMatchObject({ duplicate: false });
});

test('each member of a batch has an outcome of its own; what is malformed is set aside and harms no other', async () => {
  const { trail } = t.audit;
  const { position: head } = await trail.head();
  const outcomes = await trail.ingest([
    event('m1', { aggregateId: 'm', aggregateVersion: 1 }),
    event('twice'),
    { ...event('m2'), type: 7 },
    event('m3', { aggregateId: 'm', aggregateVersion: 3 }),
    event('m1', { aggregateId: 'm', aggregateVersion: 1 }),
    event('m1', { payload: { of: 'another' } }),
    event('m4', { aggregateId: 'm', aggregateVersion: 2 }),
    'no event\0 at all',
    event('m5', { source: t.audit.identity.schema }),
    event('m6'),
  ]);
  expect(outcomes).toMatchObject([
    { ok: true, position: head + 1, duplicate: false },
    { ok: true, duplicate: true },
    { ok: false, code: 'invalid', issues: [{ path: 'type' }] },
    { ok: false, code: 'version-conflict' },
    { ok: true, position: head + 1, duplicate: true },
    { ok: false, code: 'id-conflict' },
    { ok: true, position: head + 2, duplicate: false },
    { ok: false, code: 'invalid' },
    { ok: false, code: 'source-reserved' },
    { ok: true, position: head + 3, duplicate: false },
  ]);
  expect(await positions(head + 1)).toEqual([head + 1, head + 2, head + 3]);
  const { items } = await trail.listQuarantined();
  expect(items).toMatchObject([
    { received: expect.stringContaining('"m2"'), reason: expect.stringContaining('type') },
    { received: '"no event\\u0000 at all"' },
  ]);
  expect(await trail.ingest([event('m3', { aggregateId: 'm', aggregateVersion: 3 })])).toMatchObject([
    { ok: true, position: head + 4 },
  ]);
});

test('twenty writers at once leave no gap and lose nothing', async () => {
  const { trail } = t.audit;
  const { position: head } = await trail.head();
  const batches = Array.from({ length: 20 }, (_, w) => Array.from({ length: 25 }, (_, i) => event(`w${w}-${i}`)));
  const outcomes = (await Promise.all(batches.map((batch) => trail.ingest(batch)))).flat();
  const got = outcomes.map((outcome) => (outcome.ok ? outcome.position : 0)).toSorted((a, b) => a - b);
  expect(got).toEqual(Array.from({ length: 500 }, (_, i) => head + 1 + i));
  const all = await Array.fromAsync(trail.list({ firstPosition: head + 1 }));
  expect(all.map(({ recordedAt }) => recordedAt)).toEqual(all.map(({ recordedAt }) => recordedAt).toSorted());
  expect(new Set(all.map(({ eventId }) => eventId)).size).toBe(500);
});

test('events recorded at once share a transaction, each with its own context and outcome', async () => {
  const { trail } = t.audit;
  const { position: head } = await trail.head();
  const record = (id: string, over: object = {}) =>
    withContext({ correlationId: `flow-${id}` }, () => trail.record(event(id, over)));
  const calls = [
    ...Array.from({ length: 60 }, (_, i) => record(`together-${i}`)),
    record('together-0'),
    record('together-1', { payload: { of: 'somebody else' } }),
    record('together-v', { aggregateId: 'together', aggregateVersion: 3 }),
  ];
  const outcomes = await Promise.allSettled(calls);
  const answered = outcomes.slice(0, 60).map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome));
  expect(answered).toEqual(Array.from({ length: 60 }, (_, i) => ({ position: head + 1 + i, duplicate: false })));
  expect(outcomes[60]).toEqual({ status: 'fulfilled', value: { position: head + 1, duplicate: true } });
  expect(outcomes[61]).toMatchObject({ status: 'rejected', reason: { code: 'id-conflict' } });
  expect(outcomes[62]).toMatchObject({ status: 'rejected', reason: { code: 'version-conflict' } });
  const found = await Array.fromAsync(trail.list({ firstPosition: head + 1 }));
  expect(found.map(({ correlationId }) => correlationId)).toEqual(
    Array.from({ length: 60 }, (_, i) => `flow-together-${i}`),
  );
  // Those of one transaction have one time.
  expect(new Set(found.map(({ recordedAt }) => recordedAt)).size).toBeLessThan(10);
});

test('lists find by trace, flow, cause, aggregate, run, tag, kind and time, in both orders and page by page', async () => {
  const { trail } = t.audit;
  const { position: head } = await trail.head();
  const at = (minute: number) => `2026-02-01T00:0${minute}:00Z`;
  await trail.ingest([
    event('l1', { traceId: '1'.repeat(32), correlationId: 'flow', occurredAt: at(1), tags: ['a', 'b'] }),
    event('l2', {
      traceId: '1'.repeat(32),
      causationId: 'l1',
      correlationId: 'flow',
      occurredAt: at(2),
      type: 'order.placed',
      run: 'run-9',
    }),
    event('l3', {
      traceId: '2'.repeat(32),
      occurredAt: at(3),
      source: 'risk-monitor',
      tags: ['b', 'c'],
      aggregateId: 'thing',
    }),
    event('l4', { occurredAt: at(4), aggregateId: 'thing', actor: 'carol' }),
  ]);
  const ids = async (filter: Parameters<typeof trail.list>[0]) =>
    (await Array.fromAsync(trail.list({ firstPosition: head + 1, limit: 1, ...filter }))).map(({ eventId }) => eventId);
  expect(await ids({ traceId: '1'.repeat(32) })).toEqual(['l1', 'l2']);
  expect(await ids({ correlationId: 'flow', sort: 'newest' })).toEqual(['l2', 'l1']);
  expect(await ids({ causationId: 'l1' })).toEqual(['l2']);
  expect(await ids({ aggregateId: 'thing', aggregate: 'signal' })).toEqual(['l3', 'l4']);
  expect(await ids({ run: 'run-9' })).toEqual(['l2']);
  expect(await ids({ tags: ['a', 'c'] })).toEqual(['l1', 'l3']);
  expect(await ids({ types: ['order.placed'], source: 'trading-engine' })).toEqual(['l2']);
  expect(await ids({ actor: 'carol' })).toEqual(['l4']);
  expect(await ids({ occurredFrom: at(2), occurredTo: at(4) })).toEqual(['l2', 'l3']);
  expect(await ids({ sort: 'newest' })).toEqual(['l4', 'l3', 'l2', 'l1']);
  const third = (await trail.findEvent({ eventId: 'l3' }))!;
  expect(await ids({ recordedFrom: third.recordedAt, eventId: 'l3' })).toEqual(['l3']);
  expect(await ids({ recordedTo: third.recordedAt, eventId: 'l3' })).toEqual([]);
});

test('nothing of the trail can be changed or removed, by right and by trigger', async () => {
  for (const query of [
    sql`update events set payload = '{}'`,
    sql`delete from events`,
    sql`truncate events`,
    sql`delete from conflicts`,
    sql`update quarantine set reason = ''`,
    sql`update blocks set n = 0`,
  ])
    await expect(asAdapter(t.stores, query)).rejects.toMatchObject({ code: 'permission-denied' });
  for (const query of [
    'update events set payload = payload',
    'delete from events',
    'truncate events',
    'truncate blocks',
  ])
    await expect(t.tamper(query)).rejects.toMatchObject({ details: { sqlstate: '55000' } });
});
