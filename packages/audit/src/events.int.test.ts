import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { auditEvents } from './events.ts';
import { derived, event, testAudit } from './test-audit.ts';

const types = Object.keys(auditEvents.types) as (keyof typeof auditEvents.types)[];

test('what is published is what the catalog says, to the field, of every type, and a row of the trail too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'audit-events-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true }));
  await using t = await testAudit({
    options: { partitionWidth: 1000, archiveFolder: folder, anchors: [join(folder, 'anchors')] },
  });
  const { trail, blocks, retention, subjects, exports, runs } = t.audit;
  await trail.ingest(Array.from({ length: 1100 }, (_, i) => event(`e${i}`)));
  await blocks.seal();
  await blocks.anchor();
  await derived(t);
  await retention.setPolicy({ version: 0, keepDays: 30, reason: 'enough' });
  expect(await retention.archive({ lastPosition: 1000 })).toHaveLength(1);
  const { pseudonym } = await subjects.name({ name: 'Jane' });
  await subjects.erase({ pseudonym, reason: 'asked to be forgotten' });
  await exports.record({ exportId: 'x', query: {}, watermark: 3, events: 2, sha256: 'a'.repeat(64), verified: true });
  await runs.start({ runId: 'r', binaryHash: 'b', configHash: 'c' });
  await runs.quarantine({ runId: 'r', reason: 'wrong' });

  await expect
    .poll(async () => [...new Set((await t.box.events.all()).map(({ type }) => type))].toSorted())
    .toEqual(types.toSorted());
  const published = await t.box.events.all();
  expect(published.map(({ publishSeq }) => publishSeq)).toEqual(published.map((_, i) => i + 1));
  const last = new Map<string, number>();
  for (const { id, type, payload, aggregate, aggregateId, aggregateVersion } of published) {
    const schema = auditEvents.types[type as (typeof types)[number]].payload as z.ZodObject;
    expect(schema.strict().safeParse(payload).error, `${type} ${JSON.stringify(payload)}`).toBeUndefined();
    const of = `${aggregate} ${aggregateId}`;
    expect(aggregateVersion, of).toBeGreaterThan(last.get(of) ?? 0);
    last.set(of, aggregateVersion);
    expect(await trail.findEvent({ eventId: id })).toMatchObject({
      type,
      aggregateId,
      source: t.audit.identity.schema,
      payload,
    });
  }
});

test.each(types)('the example of %s is one', (type) => {
  expect(auditEvents.example(type)).toMatchObject({ type, source: 'audit' });
});
