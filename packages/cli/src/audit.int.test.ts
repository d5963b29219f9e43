import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RootedEvent, createAuditAdapter, rootOf } from '@tse/audit';
import { type Sandbox, sandbox } from '@tse/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from './main.ts';

let box: Sandbox<{ audit: typeof createAuditAdapter }>;
let cwd: string;
beforeAll(async () => {
  box = await sandbox({ audit: createAuditAdapter }, { options: { workers: false } });
  cwd = await mkdtemp(join(tmpdir(), 'tse-audit-'));
  for (const [n, correlationId] of ['flow-1', 'flow-2', 'flow-1'].entries()) {
    await box.audit.trail.record({
      source: 'a-service',
      eventId: `e${n}`,
      type: 'thing.made',
      aggregateId: `t${n}`,
      correlationId,
      payload: { n },
    });
    await box.audit.blocks.seal();
  }
});
afterAll(async () => {
  await box[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true });
});

async function run(line: string): Promise<{ code: number; out: string; err: string }> {
  const { instance, postgres, redis } = box.options('audit');
  const prefix = `AUDIT_${instance!.toUpperCase()}_`;
  const written = { out: '', err: '' };
  const to = (stream: 'out' | 'err') => ({ write: (text: string) => void (written[stream] += text) });
  const code = await main([...line.split(' '), '--instance', instance!], {
    env: {
      TSE_ADMIN_POSTGRES_URL: box.admin.postgresUrl,
      TSE_ADMIN_REDIS_URL: box.admin.redisUrl,
      [`${prefix}POSTGRES_PASSWORD`]: postgres!.password as string,
      [`${prefix}REDIS_PASSWORD`]: redis!.password as string,
    },
    cwd,
    stdout: to('out'),
    stderr: to('err'),
    signal: new AbortController().signal,
  });
  return { code, ...written };
}

test('verify says how much it checked, and finds what is not right', async () => {
  expect(await run('audit verify')).toMatchObject({
    code: 0,
    out: 'ok    6 events, 3 blocks, 0 anchors, 0 sources\n        1 events are not sealed yet\n',
  });
  const { code, out } = await run('audit verify --json --from-block 2');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ ok: true, blocks: 3, findings: [] });
  await writeFile(
    join(cwd, 'anchors'),
    `${JSON.stringify({ trail: box.audit.identity.schema, block: 9, lastPosition: 99, hash: '0', treeRoot: '0', anchoredAt: '' })}\n`,
  );
  const found = await run('audit verify --anchors ' + join(cwd, 'anchors'));
  expect(found.code).toBe(1);
  expect(found.out).toMatch(/^FAIL .*\n(.*\n)*.*block-missing, block 9, file:.*: block 9 was anchored/);
});

test('export writes a file that verify checks by itself', async () => {
  const { code, out } = await run('audit export --correlation flow-1 --out part.jsonl');
  expect({ code, out }).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^part\.jsonl: 2 events in 2 blocks, sha256 [0-9a-f]{64}\n$/),
  });
  expect(await run('audit verify --bundle part.jsonl')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^ok {4}2 events in 2 blocks\n {8}tree of \d blocks: [0-9a-f]{64}\n$/),
  });
  const file = join(cwd, 'part.jsonl');
  await writeFile(file, (await readFile(file, 'utf8')).replace('"t2"', '"t9"'));
  expect(await run('audit verify --bundle part.jsonl')).toMatchObject({
    code: 1,
    out: expect.stringContaining('FAIL'),
  });
  expect(await run('audit export --from 2100-01-01T00:00:00Z')).toMatchObject({
    code: 0,
    out: expect.stringContaining(': 0 events in 0 blocks'),
  });
});

test('root computes one hash of what happened, and names the first event that happened otherwise', async () => {
  const { root, events } = await box.audit.roots.compute();
  expect(await run('audit root --events all.jsonl')).toMatchObject({
    code: 0,
    out: expect.stringMatching(new RegExp(`^${root}\\n${events} events, of the trail up to position \\d+\\n$`)),
  });
  const lines = (await readFile(join(cwd, 'all.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(lines).toHaveLength(events);
  expect(rootOf(lines.map((line) => JSON.parse(line) as RootedEvent))).toBe(root);
  expect(await run('audit root --against all.jsonl')).toMatchObject({ code: 0, out: expect.stringContaining('same') });

  const otherwise = lines.with(1, lines[1]!.replace('"t1"', '"t9"'));
  await writeFile(join(cwd, 'otherwise.jsonl'), otherwise.join('\n'));
  const found = await run('audit root --against otherwise.jsonl --json');
  expect(found.code).toBe(1);
  expect(JSON.parse(found.out)).toMatchObject({
    root,
    same: false,
    difference: { n: 2, file: otherwise[1], trail: lines[1] },
  });
  await writeFile(join(cwd, 'longer.jsonl'), [...lines, lines[0]].join('\n'));
  const longer = await run('audit root --against longer.jsonl');
  expect(longer).toMatchObject({ code: 1, out: expect.stringContaining(`event ${events + 1} is the first`) });
  expect(longer.out).toContain('trail  has no more');

  expect(JSON.parse((await run('audit root --run nobody --json')).out)).toMatchObject({ events: 0 });
  expect(await run('audit root --against nowhere.jsonl')).toMatchObject({ code: 1 });
  expect(await run('audit root --last-position x')).toMatchObject({ code: 2 });
});

test('a wrong line is refused', async () => {
  expect(await run('audit verify now')).toMatchObject({ code: 2 });
  expect(await run('audit verify --from-block x')).toMatchObject({ code: 2 });
  expect(await run('audit export --from yesterday')).toMatchObject({ code: 1, err: expect.stringContaining('from') });
});

test('chain prints what led to an event and what it led to, with the time of each hop', async () => {
  for (const [eventId, causationId] of [
    ['signal'],
    ['order', 'signal'],
    ['trade', 'order'],
    ['refund', 'order'],
  ] as const)
    await box.audit.trail.record({
      source: 'a-service',
      eventId,
      type: `${eventId}.made`,
      aggregateId: eventId,
      ...(causationId && { causationId }),
    });
  box.open('audit', { workers: ['project-chains'] });
  await expect.poll(async () => (await box.audit.chains.progress()).behind).toBe(0);
  const { code, out } = await run('audit chain order');
  expect(code).toBe(0);
  expect(
    out.split('\n').map((line) => line.replaceAll(/[+−]\d+\.\d{3} ms/g, 'HOP').replaceAll(/ {2}#.*/g, '')),
  ).toEqual([
    'signal.made  a-service  signal',
    '↓ HOP',
    'order.made  a-service  order',
    '├─ HOP  trade.made  a-service  trade',
    '└─ HOP  refund.made  a-service  refund',
    '',
  ]);
  expect(JSON.parse((await run('audit chain trade --json --depth 1')).out)).toMatchObject({
    event: { eventId: 'trade' },
    causes: [{ eventId: 'order', hopMs: expect.any(Number) }],
    truncated: true,
  });
  expect(await run('audit chain nothing')).toMatchObject({ code: 1, err: expect.stringContaining('unknown event') });
  expect(await run('audit chain')).toMatchObject({ code: 2 });
  expect(await run('audit chain order --depth deep')).toMatchObject({ code: 2 });
});
