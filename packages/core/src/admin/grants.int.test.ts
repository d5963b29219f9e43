import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrate } from './migrate.ts';
import { provision } from './provision.ts';
import { type TestDatabase, passwords, testDatabase } from './test-database.ts';

let box: TestDatabase;
beforeAll(async () => {
  box = await testDatabase(inject('servers'));
  await provision(box.definition, { admin: box.admin, passwords });
  await migrate(box.definition, { admin: box.admin });
});
afterAll(() => box[Symbol.asyncDispose]());

const has = async (role: string, object: string) =>
  (
    await box.db.query<{ privilege: string }>(
      `select privilege from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as privilege
       where has_table_privilege($1, $2, privilege)`,
      [`${box.schema}_${role}`, `${box.schema}.${object}`],
    )
  ).rows.map(({ privilege }) => privilege);

test.each([
  ['things', ['SELECT', 'INSERT', 'UPDATE', 'DELETE']],
  ['outbox', ['SELECT', 'INSERT', 'UPDATE', 'DELETE']],
  ['thing_events', ['SELECT', 'INSERT']],
  ['ticks', ['SELECT', 'INSERT']],
  ['thing_kinds', ['SELECT']],
  ['schema_migrations', ['SELECT']],
  ['big_things', ['SELECT']],
  ['facts_things', ['SELECT']],
])('the adapter has on %s exactly %j', async (object, privileges) => {
  expect(await has('adapter', object)).toEqual(privileges);
});

test.each([
  ['facts_things', ['SELECT']],
  ['facts_events', ['SELECT']],
  ['things', []],
  ['big_things', []],
  ['thing_events', []],
  ['schema_migrations', []],
])('the reader has on %s exactly %j', async (object, privileges) => {
  expect(await has('reader', object)).toEqual(privileges);
});

test('a partition made later has no rights of its own', async () => {
  const adapter = await box.connect(`${box.schema}_adapter`, passwords.postgres);
  await adapter.query(`select ensure_partitions('ticks', clock_timestamp())`);
  const { rows } = await box.db.query<{ relname: string }>(
    `select relname from pg_class where relispartition and relkind = 'r' and relnamespace = '${box.schema}'::regnamespace`,
  );
  expect(rows.length).toBeGreaterThan(1);
  for (const { relname } of rows) expect(await has('adapter', relname)).toEqual([]);
});

test('rights that somebody changed come back, those given to others stay', async () => {
  const { schema, db } = box;
  await db.query(`create role ${schema}_dashboard`);
  await db.query(`grant select on ${schema}.things to ${schema}_dashboard`);
  await db.query(`grant update, delete, truncate on ${schema}.thing_events to ${schema}_adapter`);
  await db.query(`grant select on ${schema}.things to ${schema}_reader, public`);
  await db.query(`revoke insert on ${schema}.things from ${schema}_adapter`);
  await db.query(`grant execute on function ${schema}.things_owner_only() to public`);
  const { grants } = await migrate(box.definition, { admin: box.admin });
  expect([...grants].sort()).toEqual([
    `GRANT INSERT ON TABLE things TO "${schema}_adapter"`,
    'REVOKE EXECUTE ON ROUTINE things_owner_only() FROM PUBLIC',
    `REVOKE SELECT ON TABLE things FROM "${schema}_reader"`,
    'REVOKE SELECT ON TABLE things FROM PUBLIC',
    `REVOKE UPDATE, DELETE, TRUNCATE ON TABLE thing_events FROM "${schema}_adapter"`,
  ]);
  expect(await has('adapter', 'thing_events')).toEqual(['SELECT', 'INSERT']);
  expect(await has('dashboard', 'things')).toEqual(['SELECT']);
  expect((await migrate(box.definition, { admin: box.admin })).grants).toEqual([]);
  await db.query(`drop owned by ${schema}_dashboard`);
});
