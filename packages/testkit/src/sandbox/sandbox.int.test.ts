import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withContext } from '@tse/core';
import { Client } from 'pg';
import { describe, expect, inject, test } from 'vitest';
import { seededIds } from '../clock/seeded-ids.ts';
import { createOtherAdapter, createSampleAdapter, sampleEvents } from '../contract/sample-adapter.fixture.ts';
import { sandbox } from './sandbox.ts';

const run = promisify(execFile);
const note = { id: 'n1', body: 'hello', price: '1.5' };

test('an adapter works on an instance of its own, with its own login', async () => {
  await using box = await sandbox({ sample: createSampleAdapter });
  expect(await box.sample.put(note)).toBe('n1');
  expect(await box.sample.find('n1')).toContain('hello');
  expect(box.sample.identity.instance).toMatch(/^t[0-9a-f]{12}$/);
  await expect.poll(() => box.sample.health()).toMatchObject({ status: 'healthy' });
  expect((await box.sample.health()).workers).toContainEqual({ name: 'idle', state: 'running', restarts: 0 });
  const { postgres } = box.options('sample');
  expect(postgres).toMatchObject({ user: `${box.sample.identity.schema}_adapter` });
  expect(postgres!.url).not.toContain('@');
});

test('sandboxes, and two adapters of one kind in one, do not see each other', async () => {
  await using box = await sandbox({ left: createSampleAdapter, right: createSampleAdapter });
  await using other = await sandbox({ sample: createSampleAdapter });
  await box.left.put(note);
  expect(await box.right.find('n1')).toBeUndefined();
  expect(await other.sample.find('n1')).toBeUndefined();
});

test('a second adapter is another process on the same instance', async () => {
  await using box = await sandbox({ sample: createSampleAdapter });
  const second = box.open('sample', { workers: false, postgres: { pool: 1 } });
  await box.sample.put(note);
  expect(await second.find('n1')).toContain('hello');
  expect(second.metrics).not.toBe(box.sample.metrics);
  const { workers, postgres } = await second.health();
  expect(workers).toContainEqual({ name: 'idle', state: 'off', restarts: 0 });
  expect(postgres.pool.max).toBe(1);
});

describe('the proxies', () => {
  test('a reply that is lost after its commit is told, and its repeat finds the work done', async () => {
    await using box = await sandbox({ sample: createSampleAdapter });
    await box.sample.ready();
    box.postgres.cutAfterCommit({ match: /put_note/ });
    await expect(box.sample.put(note)).rejects.toMatchObject({ kind: 'outcome-unknown', repeatWith: { id: 'n1' } });
    expect(await box.sample.find('n1')).toContain('hello');
    expect(await box.sample.put(note)).toBe('n1');
  });

  test('stores are down for one sandbox alone, and a sandbox that is left so is disposed all the same', async () => {
    await using box = await sandbox({ sample: createSampleAdapter });
    await using other = await sandbox({ sample: createSampleAdapter });
    await box.sample.ready();
    {
      using _ = box.postgres.down();
      await expect(box.sample.find('n1')).rejects.toMatchObject({ kind: 'unavailable' });
      expect(await other.sample.find('n1')).toBeUndefined();
    }
    await box.sample.ready();
    expect(await box.sample.find('n1')).toBeUndefined();
    box.redis.blackhole();
    box.postgres.blackhole();
  });
});

describe('events', () => {
  test('are answered one after the other, in the time of the clock, with ids that the seed gives', async () => {
    await using box = await sandbox({ sample: createSampleAdapter }, { seed: 7, start: '2019-10-11T00:00:00Z' });
    const first = box.events.next('note.put');
    await withContext({ correlationId: 'req-1' }, () => box.sample.put(note));
    expect(await first).toMatchObject({
      id: seededIds(7).next(),
      source: box.sample.identity.schema,
      publishSeq: 1,
      occurredAt: '2019-10-11T00:00:00.000000Z',
      correlationId: 'req-1',
      aggregateId: 'n1',
      payload: { price: '1.5' },
    });
    await box.clock.advance('PT1H');
    await box.sample.put({ ...note, id: 'n2' });
    expect(await box.events.next('note.put')).toMatchObject({
      publishSeq: 2,
      occurredAt: '2019-10-11T01:00:00.000000Z',
    });
    expect((await box.events.all('note.put')).map(({ aggregateId }) => aggregateId)).toEqual(['n1', 'n2']);
    expect(await box.events.all('note.eaten')).toEqual([]);
    await expect(box.events.next('note.eaten', { timeoutMs: 50 })).rejects.toThrow(
      'no note.eaten was published within 50 ms; published was note.put',
    );
    await expect(box.events.next('note.put', { timeoutMs: 50 })).rejects.toThrow('no further note.put');
    await box.sample.put({ ...note, id: 'n3' });
    expect(await box.events.next('note.put')).toMatchObject({ aggregateId: 'n3' });
  });

  test('of one adapter reach the consumers of another', async () => {
    await using box = await sandbox({
      sample: createSampleAdapter,
      other: createOtherAdapter,
      second: createSampleAdapter,
    });
    const consumed: string[] = [];
    await using _ = box.other.inbox.consume({ name: 'notes', from: sampleEvents, start: 'earliest' }, ({ payload }) => {
      consumed.push(payload.id);
      return Promise.resolve();
    });
    await box.second.put({ ...note, id: 'elsewhere' });
    await box.sample.put(note);
    await expect.poll(() => consumed).toEqual(['n1']);
    await expect.poll(() => box.other.inbox.published(sampleEvents)).toMatchObject({ publishSeq: 1 });
    expect(box.other.inbox.health()).toMatchObject([{ consumer: 'notes', source: box.sample.identity.schema }]);
  });

  test('of several adapters are all there, each told by its source', async () => {
    await using box = await sandbox({ left: createSampleAdapter, right: createSampleAdapter });
    await Promise.all([box.left.put(note), box.right.put(note)]);
    const sources = [await box.events.next('note.put'), await box.events.next('note.put')].map(({ source }) => source);
    expect(sources.toSorted()).toEqual([box.left.identity.schema, box.right.identity.schema].toSorted());
  });
});

test('logs are kept and hold no password', async () => {
  await using box = await sandbox({ sample: createSampleAdapter });
  using _ = box.redis.down();
  await expect(box.sample.pin({ id: 'p', seconds: 5 })).rejects.toMatchObject({ kind: 'unavailable' });
  await expect.poll(() => box.logs.join('\n')).toContain('Redis connection ended');
  expect(box.logs.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ adapter: 'sample' }));
  expect(box.logs.join()).not.toContain(box.options('sample').postgres!.password);
});

test('nothing stays behind', async () => {
  const box = await sandbox({ sample: createSampleAdapter });
  await box.sample.put(note);
  const { schema, roles } = box.sample.identity;
  await box[Symbol.asyncDispose]();
  await expect(box.sample.find('n1')).rejects.toMatchObject({ code: 'adapter-closed' });
  const db = new Client(box.admin.postgresUrl);
  await db.connect();
  const { rows } = await db.query(
    'select to_regnamespace($1) as schema, (select count(*)::int from pg_roles where rolname = any($2)) as roles',
    [schema, Object.values(roles)],
  );
  await db.end();
  expect(rows).toEqual([{ schema: null, roles: 0 }]);
});

test('a process outside of vitest finds the servers by their URLs, and ends by itself', async () => {
  const fixture = join(import.meta.dirname, 'process-that-ends.fixture.ts');
  const { postgres, redis } = inject('servers');
  const env = { ...process.env, VITEST: '', TSE_TEST_POSTGRES_URL: postgres, TSE_TEST_REDIS_URL: redis };
  const { stdout } = await run(process.execPath, ['--conditions=@tse/source', fixture], { env, timeout: 20_000 });
  expect(stdout).toBe('done\n');
});

test('what cannot be a sandbox is said', async () => {
  await expect(sandbox({ clock: createSampleAdapter })).rejects.toThrow('an adapter cannot be called clock');
  const noSuch = Object.assign(createSampleAdapter.bind(undefined), {
    definition: { ...createSampleAdapter.definition, minSchema: '0009_none' },
  });
  await expect(sandbox({ sample: noSuch })).rejects.toMatchObject({ code: 'migrations-outdated' });
  await using box = await sandbox({ sample: createSampleAdapter });
  await expect(box.fund('alice', { USD: '1' })).rejects.toThrow(/accounts, markets and ledger/);
});
