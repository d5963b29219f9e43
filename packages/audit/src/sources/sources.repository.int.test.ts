import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuditWithSource, asAdapter, errorsOf, event, testAuditWithSource } from '../test-audit.ts';

let t: AuditWithSource;
beforeAll(async () => {
  t = await testAuditWithSource();
});
afterAll(() => t[Symbol.asyncDispose]());

const caughtUp = async (count: number) => {
  await expect
    .poll(async () => (await t.audit.sources.find(t.source.schema))?.checkpoint, { timeout: 20_000 })
    .toBe(count);
};

test('every event of a configured source is in the trail once, in order, to the byte', async () => {
  await t.source.write(1200);
  await caughtUp(1200);
  const published = await asAdapter<Record<string, never>>(
    t.source.stores,
    sql`select publish_seq, event_id, type, aggregate, aggregate_id, aggregate_version, payload::text as payload, occurred_at, recorded_at, trace_id, correlation_id from outbox order by publish_seq`,
  );
  const taken = await Array.fromAsync(t.audit.trail.list({ source: t.source.schema }));
  expect(
    taken.map((e) => ({
      publish_seq: e.sourceSeq,
      event_id: e.eventId,
      type: e.type,
      aggregate: e.aggregate,
      aggregate_id: e.aggregateId,
      aggregate_version: e.aggregateVersion,
      payload: e.payloadText,
      occurred_at: e.occurredAt,
      recorded_at: e.sourceRecordedAt,
      trace_id: e.traceId,
      correlation_id: e.correlationId,
    })),
  ).toEqual(published);
  await using facts = await t.facts();
  const [fact] = await facts.query<{ payload_sha256: string }>(
    "select payload_sha256 from facts_trail where event_id = 'e-7'",
  );
  const text = taken.find(({ eventId }) => eventId === 'e-7')!.payloadText;
  expect(fact!.payload_sha256).toBe(createHash('sha256').update(text).digest('hex'));
});

test('sources and direct events share one numbering, and the walk finds all of it right', async () => {
  const writing = t.source.write(300, { prefix: 'mixed' });
  const direct = await Promise.all(
    Array.from({ length: 30 }, (_, i) => t.audit.trail.ingest([event(`d-${i}`), event(`d2-${i}`)])),
  );
  await writing;
  await caughtUp(1500);
  expect(direct.flat().every(({ ok }) => ok)).toBe(true);
  await t.audit.blocks.seal();
  const report = await t.audit.blocks.verify();
  expect(report).toMatchObject({ ok: true, findings: [], sources: { [t.source.schema]: 1500 } });
  expect(report.events).toBe(report.position);
});

test('a source says how far it is, is paused and goes on from where it was', async () => {
  const { sources } = t.audit;
  const sourceId = t.source.schema;
  expect(await sources.get(sourceId)).toMatchObject({
    sourceId,
    name: 'audit',
    instance: t.source.option.instance,
    startAfter: 0,
    state: 'reading',
    checkpoint: 1500,
    published: 1500,
  });
  expect((await sources.list()).items.map((source) => source.sourceId)).toEqual([sourceId]);
  await expect
    .poll(() => t.audit.metrics.metrics(), { timeout: 10_000 })
    .toMatch(new RegExp(`audit_coverage\\{.*source="${sourceId}".*\\} 1\\b`));
  const paused = await sources.pause({ sourceId, version: 1 });
  expect(paused).toMatchObject({ state: 'paused', version: 2 });
  expect(await sources.pause({ sourceId })).toMatchObject({ version: 2 });
  await expect.poll(() => t.audit.inbox.health().filter(({ consumer }) => consumer === 'trail')).toEqual([]);
  await t.source.write(10, { prefix: 'paused' });
  await expect.poll(() => t.source.numbered()).toBe(1510);
  expect((await sources.get(sourceId)).checkpoint).toBe(1500);
  await sources.resume({ sourceId });
  await caughtUp(1510);
});

test('a source is added once; another identity under its names is refused', async () => {
  const { sources } = t.audit;
  const { sourceId } = await sources.get(t.source.schema);
  expect(await sources.add(t.source.option)).toMatchObject({ sourceId });
  expect(
    await errorsOf([
      sources.add({ ...t.source.option, prefix: 'other' }),
      sources.add({ ...t.source.option, schema: 'other' }),
      sources.add({ ...t.source.option, instance: t.audit.identity.instance }),
      sources.get('nowhere'),
      sources.pause({ sourceId, version: 1 }),
    ]),
  ).toMatchObject([
    { code: 'source-conflict' },
    { code: 'source-conflict' },
    { code: 'source-conflict' },
    { kind: 'not-found', code: 'unknown-source' },
    { code: 'stale-version' },
  ]);
  expect(await sources.find('nowhere')).toBeUndefined();
  expect(await t.audit.trail.ingest([event('spoof', { source: sourceId })])).toMatchObject([
    { code: 'source-reserved' },
  ]);
});

test('a flushed Redis is healed by publication anew: nothing twice, nothing left out', async () => {
  await t.source.write(400, { prefix: 'before' });
  await t.source.stores.redis.write('test', (redis) =>
    redis.unlink(t.source.stores.coreKeys.events('all'), t.source.stores.coreKeys.published('all')),
  );
  await t.source.write(400, { prefix: 'after' });
  await caughtUp(2310);
  expect(await t.audit.blocks.verify()).toMatchObject({ ok: true, sources: { [t.source.schema]: 2310 } });
});
