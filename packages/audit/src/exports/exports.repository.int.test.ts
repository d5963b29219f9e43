import { withContext } from '@tse/core';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestAudit, asAdapter, errorsOf, event, testAudit } from '../test-audit.ts';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit({ options: { workers: false } });
});
afterAll(() => t[Symbol.asyncDispose]());

const bundle = {
  exportId: 'q4',
  query: { from: '2026-01-01T00:00:00.000000Z', to: '2026-02-01T00:00:00.000000Z' },
  watermark: 10,
  events: 7,
  sha256: 'a'.repeat(64),
  verified: true,
};

test('an export is a row, once, with who took it; it is an event of the trail too', async () => {
  const { exports, trail } = t.audit;
  const taken = await withContext({ actor: 'auditor' }, () => exports.record(bundle));
  expect(taken).toEqual({ ...bundle, actor: 'auditor', exportedAt: t.box.clock.now(), recordedAt: expect.any(String) });
  expect(await exports.record(bundle)).toEqual(taken);
  expect(await exports.find('q4')).toEqual(taken);
  expect(await exports.find('q5')).toBeUndefined();
  expect(await errorsOf([exports.record({ ...bundle, sha256: 'b'.repeat(64) })])).toMatchObject([
    { kind: 'conflict', code: 'id-conflict' },
  ]);
  const { items } = await trail.list({ types: ['export.recorded'] });
  expect(items).toMatchObject([
    {
      source: t.audit.identity.schema,
      aggregateId: 'q4',
      actor: 'auditor',
      payload: { exportId: 'q4', watermark: 10, events: 7, verified: true },
    },
  ]);
});

test('a reply that is lost leaves one export and one event', async () => {
  const { exports, trail } = t.audit;
  t.box.postgres.cutAfterCommit({ match: /record_export/ });
  const [lost] = await errorsOf([exports.record({ ...bundle, exportId: 'lost' })]);
  expect(lost).toMatchObject({ kind: 'outcome-unknown', repeatWith: { id: 'lost' } });
  await exports.record({ ...bundle, exportId: 'lost' });
  expect((await trail.list({ types: ['export.recorded'], aggregateId: 'lost' })).items).toHaveLength(1);
});

test('exports are listed by time, page by page, and nobody removes one', async () => {
  const { exports } = t.audit;
  await t.box.clock.advance('PT1H');
  await exports.record({ ...bundle, exportId: 'later' });
  const all = await Array.fromAsync(exports.list({ limit: 1 }));
  expect(all.map(({ exportId }) => exportId)).toEqual(['lost', 'q4', 'later']);
  expect((await exports.list({ from: t.box.clock.now() })).items).toMatchObject([{ exportId: 'later' }]);
  expect((await exports.list({ to: t.box.clock.now() })).items).toHaveLength(2);
  for (const query of [sql`delete from exports`, sql`truncate access_log`, sql`update access_log set actor = 'me'`])
    await expect(asAdapter(t.stores, query)).rejects.toMatchObject({
      code: expect.stringMatching(/permission|privilege|denied/),
    });
});

test('a bundle that is written as a whole is known as an export; one that is left half-way is not', async () => {
  await using other = await testAudit({ options: { workers: false } });
  const { blocks, exports, trail } = other.audit;
  await trail.ingest([event('a'), event('b'), event('c', { source: 'risk' })]);
  const left = blocks.bundle({ source: 'trading-engine' });
  await left.next();
  await left.return(undefined as never);
  expect((await exports.list()).items).toEqual([]);
  const bundle = blocks.bundle({ source: 'trading-engine' });
  let step = await bundle.next();
  while (!step.done) step = await bundle.next();
  const { events, watermark, sha256 } = step.value;
  expect((await exports.list()).items).toMatchObject([
    { query: { source: 'trading-engine' }, events, watermark, sha256, verified: true },
  ]);
  expect(events).toBe(2);
});
