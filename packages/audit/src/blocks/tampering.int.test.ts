import { afterAll, beforeAll, expect, test } from 'vitest';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VerificationReport } from '../index.ts';
import { type TestAudit, event, testAudit } from '../test-audit.ts';
import { leafColumns } from '../trail/leaf.ts';

let t: TestAudit;
let folder: string;
let anchorFile: string;

/** Blocks 1 to 4, each of one batch and what sealing wrote before. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anchors-'));
  anchorFile = join(folder, 'anchors');
  t = await testAudit({ options: { workers: false, anchors: [anchorFile] } });
  for (let block = 1; block <= 4; block += 1) {
    await t.audit.trail.ingest(
      Array.from({ length: 20 }, (_, i) =>
        event(`${block}-${i}`, {
          tags: ['tag', `t${i}`],
          aggregateVersion: 1,
          traceId: 'a'.repeat(32),
          spanId: 'b'.repeat(16),
          causationId: 'cause',
          actor: 'jané',
          run: 'run',
          fence: 7,
        }),
      ),
    );
    await t.audit.blocks.seal();
    expect(await t.audit.blocks.anchor()).toBe(1);
  }
  await t.audit.trail.ingest([event('tail-1'), event('tail-2'), event('tail-3')]);
});
afterAll(async () => {
  await t[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const verify = () => t.audit.blocks.verify();

/** What a person with all rights does to the database, and undoes. */
async function tampered(by: string, back: string): Promise<VerificationReport> {
  const tables = ['events', 'blocks', 'block_nodes', 'anchors'];
  const triggers = (what: string) => tables.map((table) => `alter table ${table} ${what} trigger user`).join(';');
  await t.tamper(`begin; ${triggers('disable')}; ${by}; commit`);
  const report = await verify();
  await t.tamper(`begin; ${back}; ${triggers('enable')}; commit`);
  expect(await verify()).toMatchObject({ ok: true, findings: [] });
  return report;
}

test('what nobody touched is right, with how much was checked', async () => {
  const report = await verify();
  expect(report).toMatchObject({ ok: true, blocks: 4, anchors: 4, findings: [], sources: {} });
  expect(report.events).toBe(report.position);
  expect(report.events).toBeGreaterThan(83);
  expect(report.unsealedEvents).toBeGreaterThanOrEqual(3);
});

test('a change of any byte of any column of an event is found, and where', { timeout: 180_000 }, async () => {
  const position = 25;
  await t.tamper('create table kept as select * from events where position = 25');
  const [kept] = await (async () => {
    const found = await t.audit.trail.get(position);
    return [found];
  })();
  const columns: [string, string][] = leafColumns
    .filter((column) => column !== 'position')
    .map((column) => [column, changeOf(column)]);
  for (const [column, change] of columns) {
    const report = await tampered(
      `update events set ${column} = ${change} where position = ${position}`,
      `update events set ${column} = (select k.${column} from kept as k) where position = ${position}`,
    );
    expect(report.findings[0], `${column} ${JSON.stringify(report.findings)}`).toMatchObject({
      kind: 'event-changed',
      position,
    });
  }
  for (let at = 1; at <= kept.payloadText.length; at += 1) {
    const report = await tampered(
      `update events set payload = overlay(payload placing chr(ascii(substr(payload, ${at}, 1)) # 1) from ${at} for 1) where position = ${position}`,
      `update events set payload = (select payload from kept) where position = ${position}`,
    );
    expect(report.findings, `byte ${at}`).toMatchObject([{ kind: 'event-changed', position }]);
  }
  for (let at = 0; at < 32; at += 1) {
    const report = await tampered(
      `update events set leaf_hash = set_byte(leaf_hash, ${at}, get_byte(leaf_hash, ${at}) # 1) where position = ${position}`,
      `update events set leaf_hash = (select leaf_hash from kept) where position = ${position}`,
    );
    expect(report.findings).toMatchObject([{ kind: 'event-changed', position }, { kind: 'block-root-differs' }]);
  }
});

/** Another value of the column's type, as near as can be. */
function changeOf(column: string): string {
  if (column.endsWith('_at')) return `coalesce(${column}, recorded_at) + interval '1 microsecond'`;
  if (/_seq$|_version$|^fence$/.test(column)) return `coalesce(${column}, 0) + 1`;
  if (column === 'tags') return `array_append(tags, 'more')`;
  return `coalesce(${column}, '') || 'x'`;
}

const columnsOf = leafColumns.join(', ');

test('an event that is gone, one that is put in, and two that are swapped are found, and where', async () => {
  await t.tamper('drop table if exists kept; create table kept as select * from events where position in (30, 31)');
  const again = 'insert into events select * from kept where position in (30, 31) on conflict do nothing';
  expect(await tampered('delete from events where position = 30', again)).toMatchObject({
    findings: [{ kind: 'event-missing', position: 30 }],
  });
  expect(await tampered('delete from events where position in (30, 31)', again)).toMatchObject({
    findings: [{ position: 30 }, { position: 31 }],
  });
  const { position: head } = await t.audit.trail.head();
  expect(
    await tampered(
      `insert into events (${columnsOf}, leaf_hash) select ${columnsOf.replace('position', `${head + 1}`)}, leaf_hash from kept where position = 30`,
      `delete from events where position = ${head + 1}`,
    ),
  ).toMatchObject({ findings: [{ kind: 'event-foreign', position: head + 1 }] });
  const swap = `update events set position = -position + 61 + 1000000 where position in (30, 31); update events set position = position - 1000000 where position > 900000`;
  const swapped = await tampered(swap, swap);
  expect(swapped.findings).toMatchObject([
    { kind: 'event-changed', position: 30 },
    { kind: 'event-changed', position: 31 },
    ...swapped.findings.slice(2),
  ]);
});

test('an event that is rewritten with its hash is found in its block', async () => {
  await t.tamper('drop table if exists kept; create table kept as select * from events where position = 30');
  const back = 'delete from events where position = 30; insert into events select * from kept';
  // As the trail itself would have written it, at its place.
  const report = await tampered(
    `update events set leaf_hash = sha256('another'::bytea), payload = '{}' where position = 30`,
    back,
  );
  expect(report.findings).toMatchObject([
    { kind: 'event-changed', position: 30 },
    { kind: 'block-root-differs', block: 2 },
  ]);
});

test('the end of the trail that is cut off is found, sealed or not', async () => {
  const { position: head } = await t.audit.trail.head();
  await t.tamper('drop table if exists kept; create table kept as select * from events');
  const back = 'insert into events select * from kept on conflict do nothing';
  expect(await tampered(`delete from events where position = ${head}`, back)).toMatchObject({
    findings: [{ kind: 'event-missing', position: head }],
  });
  // With the head and the blocks put back as if nothing had ever been there: the anchors know.
  await t.tamper(
    'drop table if exists kept_blocks; create table kept_blocks as select * from blocks; drop table if exists kept_heads; create table kept_heads as select h.position, b.* from trail_head h, block_head b; drop table if exists kept_anchors; create table kept_anchors as select * from anchors',
  );
  const cut = `delete from events where position > (select last_position from blocks where n = 2);
    update trail_head set position = (select last_position from blocks where n = 2);
    update block_head set n = 2, last_position = b.last_position, hash = b.hash from blocks as b where b.n = 2;
    delete from anchors where block > 2; delete from blocks where n > 2`;
  const uncut = `insert into blocks select * from kept_blocks on conflict do nothing; insert into anchors select * from kept_anchors on conflict do nothing;
    update trail_head set position = k.position from kept_heads as k; update block_head set n = k.n, last_position = k.last_position, hash = k.hash from kept_heads as k; ${back}`;
  const report = await tampered(cut, uncut);
  expect(report.findings).toMatchObject([
    { kind: 'block-missing', block: 3 },
    { kind: 'block-missing', block: 4 },
  ]);
});

test('a block, a node of the tree or an anchor that is changed is found, and where', async () => {
  const flip = (table: string, column: string, where: string) =>
    `update ${table} set ${column} = set_byte(${column}, 5, get_byte(${column}, 5) # 1) where ${where}`;
  for (const column of ['merkle_root', 'prev_hash', 'hash', 'tree_root']) {
    const change = flip('blocks', column, 'n = 2');
    const { findings } = await tampered(change, change);
    expect(
      findings.some(({ block }) => block === 2),
      `${column} ${JSON.stringify(findings)}`,
    ).toBe(true);
  }
  for (const [change, back] of [
    [
      `update blocks set sealed_at = sealed_at + interval '1 microsecond' where n = 3`,
      `update blocks set sealed_at = sealed_at - interval '1 microsecond' where n = 3`,
    ],
    ['update blocks set canon_version = 2 where n = 3', 'update blocks set canon_version = 1 where n = 3'],
    [
      'update blocks set first_position = first_position + 1 where n = 3',
      'update blocks set first_position = first_position - 1 where n = 3',
    ],
  ] as const)
    expect((await tampered(change, back)).findings[0]).toMatchObject({ kind: 'block-changed', block: 3 });
  const node = flip('block_nodes', 'hash', 'level = 1 and n = 0');
  expect(await tampered(node, node)).toMatchObject({ findings: [{ kind: 'tree-differs' }] });
  const anchor = flip('anchors', 'tree_root', 'block = 3');
  expect(await tampered(anchor, anchor)).toMatchObject({ findings: [{ kind: 'anchor-missing', block: 3 }] });
  await t.tamper('drop table if exists kept_blocks; create table kept_blocks as select * from blocks');
  expect(
    (await tampered('delete from blocks where n = 2', 'insert into blocks select * from kept_blocks where n = 2'))
      .findings,
  ).toContainEqual(expect.objectContaining({ kind: 'block-missing', block: 2 }));
});

test('anchors outside that are cut off or changed are found', async () => {
  const text = await readFile(anchorFile, 'utf8');
  const lines = text.trimEnd().split('\n');
  await writeFile(anchorFile, `${lines.slice(0, -1).join('\n')}\n`);
  expect(await verify()).toMatchObject({ ok: false, findings: [{ kind: 'anchor-missing', block: 4 }] });
  await writeFile(
    anchorFile,
    text.replace(/"treeRoot":"(.)/, (_, digit) => `"treeRoot":"${digit === '0' ? '1' : '0'}`),
  );
  expect((await verify()).findings).toContainEqual(expect.objectContaining({ kind: 'anchor-differs', block: 1 }));
  await writeFile(anchorFile, text);
  expect(await verify()).toMatchObject({ ok: true });
});
