import { withContext } from '@tse/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestAudit, errorsOf, event, testAudit } from '../test-audit.ts';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit();
});
afterAll(() => t[Symbol.asyncDispose]());

const found = async (eventIds: readonly string[]) =>
  Promise.all(eventIds.map(async (eventId) => (await t.audit.trail.findEvent({ eventId }))?.actor));

test('what was buffered is in the trail once, in its order, with who handed it in', async () => {
  const { trail } = t.audit;
  const outcomes = await withContext({ actor: 'ann' }, () =>
    trail.buffer([event('b1'), event('b2'), event('b1'), { no: 'event' }]),
  );
  expect(outcomes).toMatchObject([
    { ok: true, state: 'buffered' },
    { ok: true, state: 'buffered' },
    { ok: true, state: 'buffered' },
    { ok: false, code: 'invalid' },
  ]);
  await trail.buffer([event('b1', { payload: { of: 'another' } }), event('b3', { aggregateVersion: 9 })]);
  await expect.poll(() => found(['b1', 'b2'])).toEqual(['ann', 'ann']);
  await expect
    .poll(async () => (await trail.listQuarantined()).items.map(({ reason }) => reason))
    .toMatchObject([
      expect.stringContaining('eventId'),
      expect.stringMatching(/^version-conflict: the last version of signal a-b3 is 0/),
    ]);
  expect((await trail.listConflicts()).items).toMatchObject([{ eventId: 'b1' }]);
  const items = await Array.fromAsync(trail.list({ source: 'trading-engine' }));
  expect(items.map(({ eventId }) => eventId)).toEqual(['b1', 'b2']);
});

test('PostgreSQL away: events wait in Redis; Redis away: they are recorded at once', async () => {
  const { trail } = t.audit;
  {
    await using _ = t.box.postgres.down();
    expect(await trail.buffer([event('waits')])).toEqual([{ ok: true, state: 'buffered' }]);
  }
  await expect
    .poll(async () => (await trail.findEvent({ eventId: 'waits' }).catch(() => undefined))?.eventId, {
      timeout: 20_000,
    })
    .toBe('waits');
  {
    await using _ = t.box.redis.down();
    expect(await trail.buffer([event('direct')])).toMatchObject([{ ok: true, state: 'recorded', duplicate: false }]);
    expect(await trail.ingest([event('direct-2')])).toMatchObject([{ ok: true }]);
    expect(await trail.findEvent({ eventId: 'direct' })).toMatchObject({ eventId: 'direct' });
  }
});

test('what a lost Redis took with it is told, and the buffer goes on', async () => {
  await using audit = t.box.open('audit', { workers: false });
  await expect
    .poll(() => t.stores.redis.read('test', (redis) => redis.exists(`${audit.identity.prefix}:ingest:{all}`)))
    .toBe('1');
  await t.stores.redis.write('test', (redis) => redis.unlink(`${audit.identity.prefix}:ingest:{all}`));
  await audit.trail.buffer([event('after')]);
  await expect.poll(async () => (await t.audit.trail.findEvent({ eventId: 'after' }))?.eventId).toBe('after');
  expect(await t.audit.metrics.metrics()).toMatch(/adapter_archive_gaps_total\{.*series="ingest-buffer".*\} 1\b/);
});

test('a buffer that is full takes no more, and no part of a batch', async () => {
  await using t2 = await testAudit({ options: { workers: false } });
  const batch = Array.from({ length: 1000 }, (_, i) => event(`f${i}`, { payloadText: '{}', payload: undefined }));
  for (let i = 0; i < 99; i += 1) await t2.audit.trail.buffer(batch);
  await t2.audit.trail.buffer(batch.slice(1));
  expect(await errorsOf([t2.audit.trail.buffer(batch.slice(0, 2))])).toMatchObject([
    { kind: 'unavailable', code: 'ingest-buffer-full' },
  ]);
  expect(await t2.audit.trail.buffer(batch.slice(0, 1))).toMatchObject([{ ok: true }]);
});
