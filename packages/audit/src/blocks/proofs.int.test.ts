import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BundledTrail } from '../index.ts';
import { type TestAudit, errorsOf, event, testAudit } from '../test-audit.ts';
import { verifyBundle, verifyConsistencyProof, verifyEventProof } from '../verifier.ts';

let t: TestAudit;
beforeAll(async () => {
  t = await testAudit({ options: { workers: false } });
  for (let block = 1; block <= 7; block += 1) {
    await t.audit.trail.ingest(
      Array.from({ length: 5 }, (_, i) => event(`${block}-${i}`, { correlationId: `flow-${i}` })),
    );
    await t.audit.blocks.seal();
  }
});
afterAll(() => t[Symbol.asyncDispose]());

async function bundleOf(
  ...args: Parameters<TestAudit['audit']['blocks']['bundle']>
): Promise<{ lines: string[]; told: BundledTrail }> {
  const lines: string[] = [];
  const made = t.audit.blocks.bundle(...args);
  for (;;) {
    const { done, value } = await made.next();
    if (done) return { lines, told: value };
    lines.push(value);
  }
}

test('each sealed event is proved in each tree that has its block, through JSON, and nothing else is', async () => {
  const { blocks, trail } = t.audit;
  const newest = (await blocks.list({ sort: 'newest', limit: 1 })).items[0]!;
  for (let position = 1; position <= newest.lastPosition; position += 1) {
    const proof = await blocks.prove({ position });
    expect(proof.treeRoot).toBe(newest.treeRoot);
    expect(verifyEventProof(JSON.parse(JSON.stringify(proof)) as typeof proof)).toBe(true);
    expect(verifyEventProof({ ...proof, event: { ...proof.event, payloadText: `${proof.event.payloadText} ` } })).toBe(
      false,
    );
    expect(verifyEventProof({ ...proof, event: { ...proof.event, position: position + 1 } })).toBe(false);
    expect(verifyEventProof({ ...proof, block: { ...proof.block, sealedAt: '2026-01-01T00:00:00.000000Z' } })).toBe(
      false,
    );
    expect(verifyEventProof({ ...proof, treeRoot: '0'.repeat(64) })).toBe(false);
  }
  for (let treeSize = 2; treeSize <= 7; treeSize += 1)
    expect(verifyEventProof(await blocks.prove({ position: 7, treeSize }))).toBe(true);
  const { position } = await trail.record(event('later'));
  const refusals = await errorsOf([
    blocks.prove({ position }),
    blocks.prove({ position: newest.lastPosition, treeSize: 1 }),
    blocks.prove({ position: 1, treeSize: 99 }),
  ]);
  expect(refusals).toMatchObject([{ code: 'not-sealed' }, { code: 'unknown-block' }, { code: 'unknown-block' }]);
});

test('every tree is proved to be the beginning of every later one', async () => {
  const { blocks } = t.audit;
  for (let first = 1; first <= 7; first += 1) {
    for (let second = first; second <= 7; second += 1) {
      const proof = await blocks.proveConsistency({ first, second });
      expect(verifyConsistencyProof(proof)).toBe(true);
      expect(verifyConsistencyProof({ ...proof, secondRoot: '0'.repeat(64) })).toBe(false);
    }
  }
});

test('a bundle is checked without the database, and shows of the rest nothing but hashes', async () => {
  const { lines, told } = await bundleOf({ correlationId: 'flow-3' });
  expect(told).toMatchObject({ events: 7, blocks: 7, verified: true });
  expect(lines.filter((line) => line.includes('"kind":"event"'))).toHaveLength(7);
  expect(lines.join('')).not.toContain('flow-2');
  expect(await verifyBundle(lines)).toMatchObject({
    ok: true,
    events: 7,
    blocks: 7,
    treeSize: told.treeSize,
    treeRoot: told.treeRoot,
  });
  const whole = await bundleOf();
  const sealed = (await t.audit.blocks.list({ limit: 1000 })).items.findLast(
    ({ block }) => block <= whole.told.treeSize,
  );
  expect(await verifyBundle(whole.lines)).toMatchObject({ ok: true, events: sealed!.lastPosition });
  const third = await t.audit.trail.findEvent({ eventId: '3-0' });
  const from = await bundleOf({ from: third!.recordedAt, lastPosition: third!.position + 1 });
  expect(from.told).toMatchObject({ events: 2 });
  expect((await bundleOf({ from: '2100-01-01T00:00:00Z' })).told.events).toBe(0);
});

test('any byte of a bundle that is another one, any line that is gone or moved, is found', async () => {
  const { lines } = await bundleOf({ correlationId: 'flow-3', lastPosition: 12 });
  const text = lines.join('\n');
  for (let at = 0; at < text.length; at += 1) {
    const bent = `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 1)}${text.slice(at + 1)}`;
    const { ok } = await verifyBundle(bent.split('\n'));
    if (ok) throw new Error(`byte ${at} of ${text.slice(Math.max(0, at - 30), at + 30)}`);
  }
  for (let at = 0; at < lines.length; at += 1) {
    expect((await verifyBundle(lines.toSpliced(at, 1))).ok).toBe(false);
    expect((await verifyBundle(lines.toSpliced(at, 0, lines[at]!))).ok).toBe(false);
    if (at > 0) expect((await verifyBundle(lines.with(at, lines[at - 1]!).with(at - 1, lines[at]!))).ok).toBe(false);
  }
});
