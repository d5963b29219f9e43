import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestAudit, derived, errorsOf, event, testAudit } from '../test-audit.ts';
import { walkRows } from '../trail/walk-rows.ts';

let t: TestAudit;
let archiveFolder: string;
beforeAll(async () => {
  archiveFolder = await mkdtemp(join(tmpdir(), 'archive-'));
  t = await testAudit({
    options: { workers: ['project-chains', 'project-timelines'], partitionWidth: 1000, archiveFolder },
  });
  for (let batch = 0; batch < 5; batch += 1) {
    await t.audit.trail.ingest(Array.from({ length: 600 }, (_, i) => event(`${batch}-${i}`)));
    await t.audit.blocks.seal();
  }
  await derived(t);
});
afterAll(async () => {
  await t[Symbol.asyncDispose]();
  await rm(archiveFolder, { recursive: true });
});

const verify = () => t.audit.blocks.verify();
const partitions = async () => {
  await using facts = await t.facts();
  await facts.query('rollback');
  await facts.query(`set search_path = ${t.audit.identity.schema}`);
  return (await facts.query<{ lower_position: number }>('select lower_position from event_partitions order by 1')).map(
    ({ lower_position }) => lower_position,
  );
};

test('no block spans two partitions', async () => {
  const blocks = await Array.fromAsync(t.audit.blocks.list());
  expect(blocks.map(({ lastPosition }) => lastPosition)).toEqual(expect.arrayContaining([1000, 2000, 3000]));
  for (const { firstPosition, lastPosition } of blocks)
    expect(Math.floor((firstPosition - 1) / 1000)).toBe(Math.floor((lastPosition - 1) / 1000));
});

test('a partition with changed rows stays where it is', async () => {
  const flip =
    'alter table events disable trigger user; update events set fence = 7 where position = 500; alter table events enable trigger user';
  await t.tamper(flip);
  await expect(t.audit.retention.archive({ lastPosition: 1000 })).rejects.toMatchObject({ code: 'trail-changed' });
  await t.tamper(flip.replace('= 7', '= null'));
  expect(await readdir(archiveFolder)).toEqual([]);
  expect(await verify()).toMatchObject({ ok: true });
});

test('whole partitions go to files, oldest first; their proofs stay and all of it verifies, with the files and without', async () => {
  const { retention, trail, blocks, roots } = t.audit;
  expect(await retention.archive({ lastPosition: 999 })).toEqual([]);
  const before = await partitions();
  const archived = await retention.archive({ lastPosition: 2500 });
  expect(archived).toMatchObject([
    { firstPosition: 1, lastPosition: 1000, firstBlock: 1 },
    { firstPosition: 1001, lastPosition: 2000 },
  ]);
  expect((await retention.listSegments({ limit: 1 })).items).toEqual(archived.slice(0, 1));
  expect(await Array.fromAsync(retention.listSegments())).toEqual(archived);
  expect(await partitions()).toEqual(before.slice(2));
  for (const { archive, archiveSha256, archiveBytes } of archived) {
    const bytes = await readFile(join(archiveFolder, archive));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(archiveSha256);
    expect(bytes.length).toBe(archiveBytes);
    let rows = 0;
    await walkRows(
      (async function* () {
        yield bytes;
      })(),
      ({ leaf, storedLeaf }) => {
        expect(leaf).toBe(storedLeaf);
        rows += 1;
      },
    );
    expect(rows).toBe(1000);
  }
  expect(await trail.find(700)).toBeUndefined();
  expect(await trail.find(2001)).toMatchObject({ position: 2001 });
  expect(await errorsOf([blocks.prove({ position: 700 }), roots.compute()])).toMatchObject([
    { code: 'archived' },
    { code: 'archived', details: { position: 2000 } },
  ]);
  const report = await verify();
  expect(report).toMatchObject({ ok: true, archivedEvents: 2000 });
  expect(report.events).toBe(report.position);
  expect((await trail.list({ types: ['segment.archived'] })).items.map(({ payload }) => payload)).toMatchObject([
    { firstPosition: 1, archive: archived[0]!.archive },
    { firstPosition: 1001 },
  ]);
  await using without = t.box.open('audit', { archiveFolder: undefined } as object);
  expect(await without.blocks.verify()).toMatchObject({ ok: true, archivedEvents: 2000 });
  expect(await errorsOf([without.retention.archive({ lastPosition: 3000 })])).toMatchObject([
    { code: 'no-archive-folder' },
  ]);
  expect(await t.audit.trail.ingest([event('4-0')])).toMatchObject([{ ok: true, duplicate: true }]);
});

test('an archive that is changed, cut or gone is found', async () => {
  const [segment] = (await t.audit.retention.listSegments({ limit: 1 })).items;
  const path = join(archiveFolder, segment!.archive);
  const bytes = await readFile(path);
  for (const at of [0, 25, 300, Math.floor(bytes.length / 2), bytes.length - 3]) {
    const bent = Buffer.from(bytes);
    bent[at]! ^= 1;
    await writeFile(path, bent);
    expect((await verify()).ok, `byte ${at}`).toBe(false);
  }
  const bent = Buffer.from(bytes);
  const at = bytes.indexOf('{"of":"0-41"}');
  bent[at + 8] = 0x39;
  await writeFile(path, bent);
  expect((await verify()).findings).toMatchObject([
    { kind: 'event-changed', position: 42 },
    { kind: 'archive-differs' },
  ]);
  await writeFile(path, bytes);
  await truncate(path, bytes.length - 400);
  expect((await verify()).findings).toContainEqual(expect.objectContaining({ kind: 'archive-differs' }));
  await rm(path);
  expect((await verify()).findings[0]).toMatchObject({ kind: 'archive-differs', position: 1 });
  await writeFile(path, bytes);
  expect(await verify()).toMatchObject({ ok: true });
});

test('a policy has versions; one that was set meanwhile is not overwritten', async () => {
  const { retention } = t.audit;
  const first = await retention.setPolicy({ version: 0, keepDays: 365, reason: 'a year' });
  expect(first).toMatchObject({ version: 1, keepDays: 365, reason: 'a year' });
  expect(await retention.setPolicy({ version: 0, keepDays: 365, reason: 'a year' })).toEqual(first);
  expect(
    await errorsOf([
      retention.setPolicy({ version: 0, keepDays: 1, reason: 'a day' }),
      retention.setPolicy({ version: 7, reason: 'x' }),
    ]),
  ).toMatchObject([{ code: 'stale-version' }, { code: 'stale-version' }]);
  expect(await retention.setPolicy({ version: 1, reason: 'for ever' })).not.toHaveProperty('keepDays');
  expect((await retention.listPolicies()).items.map(({ version }) => version)).toEqual([2, 1]);
});

test('what is not derived from yet stays, until it is', async () => {
  await using other = await testAudit({ options: { workers: false, partitionWidth: 1000, archiveFolder } });
  await other.audit.trail.ingest(Array.from({ length: 1200 }, (_, i) => event(`late-${i}`)));
  await other.audit.blocks.seal();
  expect(await other.audit.retention.archive({ lastPosition: 1000 })).toEqual([]);
  other.box.open('audit', { workers: ['project-chains', 'project-timelines'] });
  await derived(other);
  expect(await other.audit.retention.archive({ lastPosition: 1000 })).toMatchObject([{ lastPosition: 1000 }]);
});
