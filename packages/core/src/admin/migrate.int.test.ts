import { rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { AdapterDefinition } from './adapter-definition.ts';
import { type MigrateOptions, migrate } from './migrate.ts';
import { provision } from './provision.ts';
import { status } from './status.ts';
import { type TestDatabase, passwords, testDatabase } from './test-database.ts';

let box: TestDatabase;
let next = 0;
beforeAll(async () => {
  box = await testDatabase(inject('servers'));
});
afterAll(() => box[Symbol.asyncDispose]());

/** A fresh instance with these files, provisioned. */
async function prepared(files: Record<string, string>) {
  const instance = `n${(next += 1)}`;
  const definition = await box.withFiles(files);
  await provision(definition, { instance, admin: box.admin, passwords });
  const schema = `${box.schema}_${instance}`;
  return {
    schema,
    definition,
    migrate: (changes: Partial<AdapterDefinition> = {}, options: Partial<MigrateOptions> = {}) =>
      migrate({ ...definition, ...changes }, { instance, admin: box.admin, ...options }),
    status: () => status(definition, { instance, admin: box.admin }),
    edit: (name: string, text: string) => writeFile(new URL(`${box.schema}/${name}`, definition.migrations), text),
    remove: (name: string) => rm(new URL(`${box.schema}/${name}`, definition.migrations)),
    rows: async <Row>(sql: string) => (await box.db.query(sql.replaceAll('$schema', schema))).rows as Row[],
  };
}

const things = 'create table things (id integer primary key);';

test('applies what is pending, in order, and nothing the second time', async () => {
  const it = await prepared({
    '0001_create_things.sql': things,
    '0002_add_name.sql': 'alter table things add name text;',
  });
  expect(await it.status()).toMatchObject({ state: 'pending', applied: 0 });
  const { applied, status: after } = await it.migrate();
  const names = applied.map(({ name }) => name);
  expect(names.filter((name) => !name.includes('functions')).slice(-2)).toEqual([
    `${box.schema}/0001_create_things`,
    `${box.schema}/0002_add_name`,
  ]);
  expect(names[0]).toBe('core/0001_create_foundation');
  expect(after).toEqual(await it.status());
  expect(after).toMatchObject({ state: 'current', pending: [] });
  expect((await it.migrate()).applied).toEqual([]);
});

test('writes what it did into the ledger, and one epoch', async () => {
  const it = await prepared({ '0001_create_things.sql': things });
  await it.migrate();
  const epochs = await it.rows('select epoch from $schema.epoch');
  await it.migrate();
  expect(await it.rows('select epoch from $schema.epoch')).toEqual(epochs);
  expect(epochs).toHaveLength(1);
  expect(
    await it.rows(`select name, kind, length(sha256) as length, duration_ms >= 0 as timed, applied_at <= clock_timestamp() as dated
      from $schema.schema_migrations where name like '%things'`),
  ).toEqual([{ name: `${box.schema}/0001_create_things`, kind: 'migration', length: 64, timed: true, dated: true }]);
});

test('everything belongs to the owner, and functions keep to the schema', async () => {
  const it = await prepared({
    '0001_create_things.sql': things,
    'functions/count_things.sql':
      'create or replace function count_things() returns bigint language sql set search_path from current as $$ select count(*) from things $$;',
  });
  await it.migrate();
  expect(
    await it.rows(
      `select distinct pg_get_userbyid(relowner)::text as owner from pg_class where relnamespace = '$schema'::regnamespace`,
    ),
  ).toEqual([{ owner: `${it.schema}_owner` }]);
  expect(
    await it.rows(
      `select proconfig from pg_proc where proname = 'count_things' and pronamespace = '$schema'::regnamespace`,
    ),
  ).toEqual([{ proconfig: [`search_path=${it.schema}, extensions, pg_temp`] }]);
});

test('twenty migrators at once: each file once, no error', async () => {
  const definition = await box.withFiles({
    '0001_create_things.sql': `${things} select pg_sleep(0.05);`,
    '0002_fill_things.sql': 'insert into things select generate_series(1, 10); select pg_sleep(0.05);',
    'functions/count_things.sql':
      'create or replace function count_things() returns bigint language sql as $$ select count(*) from things $$;',
  });
  const target = { instance: 'crowd', admin: box.admin };
  const results = await Promise.all(
    Array.from({ length: 20 }, async () => {
      await provision(definition, { ...target, passwords });
      return migrate(definition, target);
    }),
  );
  const applied = results.flatMap((each) => each.applied.map(({ name }) => name));
  expect(new Set(applied).size).toBe(applied.length);
  expect(results.every((each) => each.status.state === 'current')).toBe(true);
  expect((await box.db.query(`select count(*)::int as n from ${box.schema}_crowd.things`)).rows).toEqual([{ n: 10 }]);
});

test('a file that fails leaves nothing of itself, says where, and is applied once it is right', async () => {
  const it = await prepared({
    '0001_create_things.sql': things,
    '0002_break_things.sql': 'create table others ();\n\ninsert into nowhere values (1);\n',
  });
  await expect(it.migrate()).rejects.toMatchObject({
    kind: 'internal',
    code: 'migration-failed',
    message: expect.stringMatching(/0002_break_things\.sql:3: relation "nowhere" does not exist \(42P01\)/) as string,
  });
  expect(await it.status()).toMatchObject({
    state: 'pending',
    at: ['core/0004_create_facts', `${box.schema}/0001_create_things`],
  });
  expect(await it.rows(`select to_regclass('$schema.others') as others`)).toEqual([{ others: null }]);
  await it.edit('0002_break_things.sql', 'create table others ();');
  expect(await it.migrate()).toMatchObject({ status: { state: 'current' } });
});

test('refuses a changed, a removed and a late migration, and touches nothing', async () => {
  const it = await prepared({
    '0001_create_things.sql': things,
    '0003_add_name.sql': 'alter table things add name text;',
  });
  await it.migrate();
  await it.edit('0004_add_more.sql', 'alter table things add more text;');
  await it.edit('0001_create_things.sql', `${things} -- changed`);
  await expect(it.migrate()).rejects.toMatchObject({
    kind: 'conflict',
    code: 'schema-drifted',
    message: expect.stringContaining('0001_create_things (changed)') as string,
  });
  expect(await it.status()).toMatchObject({
    state: 'drifted',
    drifted: [{ reason: 'changed' }],
    pending: [`${box.schema}/0004_add_more`],
  });
  await it.remove('0001_create_things.sql');
  await expect(it.migrate()).rejects.toThrow(/0001_create_things \(missing\)/);
  await it.edit('0001_create_things.sql', things);
  await it.edit('0002_come_late.sql', 'create table late ();');
  await expect(it.migrate()).rejects.toThrow(/0002_come_late \(out-of-order\)/);
  await it.remove('0002_come_late.sql');
  expect(await it.migrate()).toMatchObject({ applied: [{ name: `${box.schema}/0004_add_more` }] });
});

test('a function whose text changed is applied again, with all others that changed, in any order', async () => {
  const calls = (name: string, other: string, n: number) =>
    `create or replace function ${name}(n integer) returns integer language sql as $$ select case when n = 0 then ${n} else ${other}(n - 1) end $$;`;
  const it = await prepared({ 'functions/a.sql': calls('a', 'b', 1), 'functions/b.sql': calls('b', 'a', 2) });
  await it.migrate();
  const adapter = await box.connect(`${it.schema}_adapter`, passwords.postgres);
  const answers = async () => (await adapter.query<{ a: number; b: number }>('select a(0) as a, a(1) as b')).rows[0];
  expect(await answers()).toEqual({ a: 1, b: 2 });
  await it.edit('functions/b.sql', calls('b', 'a', 3));
  expect(await it.status()).toMatchObject({ state: 'pending', pending: [`${box.schema}/functions/b`] });
  expect((await it.migrate()).applied.map(({ name }) => name)).toEqual([`${box.schema}/functions/b`]);
  expect(await answers()).toEqual({ a: 1, b: 3 });
  await it.edit(
    'functions/b.sql',
    'create or replace function b(n integer) returns integer language sql as $$ select gone from nowhere $$;',
  );
  await expect(it.migrate()).rejects.toThrow(/functions\/b\.sql.*"nowhere" does not exist/);
});

test('waits for what another session has locked, says so, and lets readers pass meanwhile', async () => {
  const it = await prepared({ '0001_create_things.sql': things });
  await it.migrate();
  await it.edit('0002_add_name.sql', 'alter table things add name text;');
  const reader = await box.connect(`${it.schema}_adapter`, passwords.postgres);
  await reader.query('begin; select from things; set idle_in_transaction_session_timeout = 0');
  const waits: (string | undefined)[] = [];
  const migrating = it.migrate({}, { onProgress: ({ waiting }) => waits.push(waiting?.on) });
  await expect.poll(() => waits, { timeout: 10_000 }).toContain('table-lock');
  const other = await box.connect(`${it.schema}_adapter`, passwords.postgres);
  await other.query('select from things'); // within lock_timeout, although a change of the table waits
  await reader.query('commit');
  expect((await migrating).applied).toHaveLength(1);
});

test('a server that is lost in the middle leaves no half of a file, and no lock', async () => {
  const it = await prepared({ '0001_create_things.sql': `${things} select pg_sleep(20);` });
  const migrating = it.migrate();
  const lost = expect(migrating).rejects.toMatchObject({ kind: 'outcome-unknown' });
  const kill = () =>
    it.rows<object>(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tse-admin' and datname = current_database() and query like '%pg_sleep%' and pid <> pg_backend_pid()`,
    );
  await expect.poll(async () => (await kill()).length, { timeout: 10_000 }).toBe(1);
  await lost;
  expect(await it.status()).toMatchObject({ state: 'pending', at: ['core/0004_create_facts'] });
  await it.edit('0001_create_things.sql', things);
  expect(await it.migrate()).toMatchObject({ status: { state: 'current' } });
});

test('stops at a signal', async () => {
  const it = await prepared({ '0001_create_things.sql': things });
  const stopping = it.migrate({}, { signal: AbortSignal.abort(new Error('enough')) });
  await expect(stopping).rejects.toThrow('enough');
  expect(await it.status()).toMatchObject({ applied: 0 });
});

test('an older release leaves a newer schema alone', async () => {
  const it = await prepared({
    '0001_create_things.sql': things,
    '0002_add_name.sql': 'alter table things add name text;',
    'functions/f.sql': 'create or replace function f() returns integer language sql as $$ select 2 $$;',
  });
  await it.migrate();
  await it.remove('0002_add_name.sql');
  await it.edit('functions/f.sql', 'create or replace function f() returns integer language sql as $$ select 1 $$;');
  expect(await it.migrate()).toMatchObject({
    applied: [],
    status: { state: 'current', newer: [`${box.schema}/0002_add_name`] },
  });
  expect(await it.rows('select $schema.f() as f')).toEqual([{ f: 2 }]);
});

test('says when the installed migrations are older than the adapter', async () => {
  const it = await prepared({ '0001_create_things.sql': things });
  await expect(it.migrate({ minSchema: '0002_add_name' })).rejects.toMatchObject({ code: 'migrations-outdated' });
  expect(await it.migrate({ minSchema: '0001_create_things' })).toMatchObject({ status: { state: 'current' } });
});

test('refuses a schema that was not provisioned', async () => {
  await expect(migrate(box.definition, { instance: 'unknown', admin: box.admin })).rejects.toMatchObject({
    code: 'schema-missing',
    message: expect.stringContaining('tse migrate') as string,
  });
});
