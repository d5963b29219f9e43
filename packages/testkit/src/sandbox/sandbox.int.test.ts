import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { createSampleAdapter } from '../contract/sample-adapter.fixture.ts';
import { sandbox } from './sandbox.ts';

const note = { id: 'n1', body: 'hello', price: '1.5' };

test('an adapter works on an instance of its own, with its own login', async () => {
  await using box = await sandbox({ sample: createSampleAdapter });
  expect(await box.sample.put(note)).toBe('n1');
  expect(await box.sample.find('n1')).toContain('hello');
  expect(box.sample.identity.instance).toMatch(/^t[0-9a-f]{12}$/);
  expect(await box.sample.health()).toMatchObject({ status: 'healthy', workers: [{ name: 'idle', state: 'running' }] });
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
  expect(await second.health()).toMatchObject({ workers: [{ state: 'off' }], postgres: { pool: { max: 1 } } });
});

describe('the proxies', () => {
  test('a reply that is lost after its commit is told, and its repeat finds the work done', async () => {
    await using box = await sandbox({ sample: createSampleAdapter });
    await box.sample.ready();
    box.postgres.cutAfterCommit();
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
  const { rows } = await db.query('select to_regnamespace($1) as schema, (select count(*)::int from pg_roles where rolname = any($2)) as roles', [schema, Object.values(roles)]);
  await db.end();
  expect(rows).toEqual([{ schema: null, roles: 0 }]);
});

test('what cannot be a sandbox is said, and leaves nothing behind', async () => {
  await expect(sandbox({ clock: createSampleAdapter })).rejects.toThrow('an adapter cannot be called clock');
  const noSuch = Object.assign(createSampleAdapter.bind(undefined), { definition: { ...createSampleAdapter.definition, minSchema: '0009_none' } });
  await expect(sandbox({ sample: noSuch })).rejects.toMatchObject({ code: 'migrations-outdated' });
  await using box = await sandbox({ sample: createSampleAdapter });
  await expect(box.fund('alice', { USD: '1' })).rejects.toThrow(/accounts, markets and ledger/);
});
