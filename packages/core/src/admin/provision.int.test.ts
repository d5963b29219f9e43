import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrate } from './migrate.ts';
import { provision } from './provision.ts';
import { status } from './status.ts';
import { type TestDatabase, passwords, testDatabase } from './test-database.ts';

let box: TestDatabase;
beforeAll(async () => {
  box = await testDatabase(inject('servers'));
});
afterAll(() => box[Symbol.asyncDispose]());

const target = (instance: string) => ({ instance, admin: box.admin });
const adminUrl = (user: string, password: string) => {
  const url = new URL(box.admin.postgresUrl);
  url.username = user;
  url.password = password;
  return url.href;
};

test('makes what is missing, and nothing the second time', async () => {
  const first = await provision(box.definition, { ...target('one'), passwords });
  expect(first.sql).toContain(`CREATE SCHEMA "${box.schema}_one" AUTHORIZATION "${box.schema}_one_owner"`);
  expect((await provision(box.definition, { ...target('one'), passwords })).sql).toEqual([]);
  expect(await provision(box.definition, { ...target('one'), roles: false })).toMatchObject({
    sql: [],
    acl: [],
    advice: [],
  });
});

test('the role logs in with the settings that keep it in bounds', async () => {
  await provision(box.definition, { ...target('two'), passwords });
  const client = await box.connect(`${box.schema}_two_adapter`, passwords.postgres);
  const shown = async (name: string) => (await client.query<Record<string, string>>(`show ${name}`)).rows[0]![name];
  expect(await shown('search_path')).toBe(`${box.schema}_two, extensions, pg_temp`);
  expect((await client.query<{ TimeZone: string }>('show timezone')).rows[0]!.TimeZone).toBe('UTC');
  expect(await shown('statement_timeout')).toBe('5s');
  expect(await shown('lock_timeout')).toBe('2s');
  expect(await shown('idle_in_transaction_session_timeout')).toBe('10s');
  expect(await shown('client_connection_check_interval')).toBe('2s');
  await expect(box.connect(`${box.schema}_two_adapter`, 'not-the-password')).rejects.toMatchObject({ code: '28P01' });
  const redis = await box.connectRedis(`${box.schema}_two_adapter`, passwords.redis);
  expect(await redis.ping()).toBe('PONG');
});

test('brings back what somebody changed', async () => {
  await provision(box.definition, { ...target('three'), passwords });
  const { schema, db } = box;
  await db.query(`alter role ${schema}_three_adapter inherit connection limit 3 createdb`);
  await db.query(`alter role ${schema}_three_adapter reset statement_timeout`);
  await db.query(`alter role ${schema}_three_owner login`);
  await db.query(`grant ${schema}_three_owner to ${schema}_three_adapter`);
  await db.query(`grant create on schema ${schema}_three to ${schema}_three_adapter`);
  await db.query(`grant all on schema public to public`);
  const wanted = await provision(box.definition, { ...target('three'), roles: false });
  expect(wanted.sql).toHaveLength(7);
  expect((await provision(box.definition, target('three'))).sql).toEqual(wanted.sql);
  expect((await provision(box.definition, { ...target('three'), roles: false })).sql).toEqual([]);
});

test('what it prints for an operator is what is missing, and no password', async () => {
  const printed = await provision(box.definition, { ...target('printed'), passwords, roles: false });
  expect(printed.sql.at(-1)).toBe(`\\password ${box.schema}_printed_adapter`);
  expect(printed.acl[0]).toContain('resetpass >PASSWORD');
  expect(JSON.stringify(printed)).not.toContain(passwords.postgres);
  expect(JSON.stringify(printed)).not.toContain(passwords.redis);
  const { rows } = await box.db.query('select from pg_namespace where nspname = $1', [`${box.schema}_printed`]);
  expect(rows).toEqual([]);
  await box.db.query(printed.sql.slice(0, -1).join(';'));
  await box.redis.call('ACL', ...printed.acl[0]!.replace('PASSWORD', passwords.redis).split(' ').slice(1));
  await box.db.query(`alter role ${box.schema}_printed_adapter password '${passwords.postgres}'`);
  expect(await provision(box.definition, { ...target('printed'), roles: false })).toMatchObject({
    sql: [],
    acl: [],
    advice: [],
  });
});

test('checks the Redis user without changing it', async () => {
  await provision(box.definition, { ...target('four'), passwords });
  await box.redis.call('ACL', 'SETUSER', `${box.schema}_four_adapter`, '+keys', '~other:{*');
  const { acl, advice } = await provision(box.definition, { ...target('four'), roles: false });
  expect(acl).toHaveLength(2);
  expect(advice).toEqual(['key patterns are too many: ~other:{*', 'keys * is allowed']);
});

test('needs no superuser: CREATEROLE and CREATE on the database are enough', async () => {
  const name = `${box.schema}_admin`;
  const database = box.admin.postgresUrl.split('/').at(-1)!;
  await box.db.query(
    `create role ${name} login createrole password 'admin-password'; grant create, connect on database ${database} to ${name}`,
  );
  const admin = { ...box.admin, postgresUrl: adminUrl(name, 'admin-password') };
  await box.db.query(`grant connect, temporary on database ${database} to public`);
  const first = await provision(box.definition, { instance: 'five', admin, passwords });
  expect(first.advice.join()).toMatch(/every role of the server may connect .* REVOKE ALL ON DATABASE/);
  expect((await provision(box.definition, { instance: 'five', admin, passwords })).sql).toEqual([]);
  await box.connect(`${box.schema}_five_adapter`, passwords.postgres);
  await box.db.query(`drop schema ${box.schema}_five cascade`);
  await box.db.query(
    `drop owned by ${name}, ${box.schema}_five_owner, ${box.schema}_five_adapter, ${box.schema}_five_reader cascade`,
  );
});

test('says which right it lacks, and changes nothing', async () => {
  const name = `${box.schema}_nobody`;
  const database = box.admin.postgresUrl.split('/').at(-1)!;
  await box.db.query(
    `create role ${name} login password 'nobody-password'; grant connect on database ${database} to ${name}`,
  );
  const admin = { ...box.admin, postgresUrl: adminUrl(name, 'nobody-password') };
  const refused = provision(box.definition, { instance: 'six', admin, passwords });
  await expect(refused).rejects.toMatchObject({
    kind: 'conflict',
    code: 'permission-denied',
    message: expect.stringMatching(/lacks CREATEROLE, for: CREATE ROLE/) as string,
  });
  await box.db.query(`alter role ${name} createrole`);
  const noSchema = provision(box.definition, { instance: 'six', admin, passwords });
  await expect(noSchema).rejects.toMatchObject({
    code: 'permission-denied',
    message: expect.stringContaining('lacks CREATE on the database') as string,
  });
  const { rows } = await box.db.query('select from pg_roles where rolname like $1', [`${box.schema}_six%`]);
  expect(rows).toEqual([]);
  await box.db.query(`drop owned by ${name}`);
});

test('with the roles made by an operator, an administrator of this schema alone can migrate it', async () => {
  const { schema, db, redis } = box;
  await provision(box.definition, { ...target('nine'), passwords });
  await db.query(`create role ${schema}_migrator login password 'migrator-password'`);
  await db.query(`grant ${schema}_nine_owner, ${schema}_nine_reader to ${schema}_migrator`);
  await db.query(`grant connect on database ${box.admin.postgresUrl.split('/').at(-1)!} to ${schema}_migrator`);
  await redis.call(
    'ACL',
    'SETUSER',
    `${schema}_migrator`,
    'on',
    '>migrator-password',
    '+ping',
    '+info',
    '+acl|cat',
    '+select',
  );
  const redisUrl = new URL(box.admin.redisUrl);
  redisUrl.username = `${schema}_migrator`;
  redisUrl.password = 'migrator-password';
  const admin = { postgresUrl: adminUrl(`${schema}_migrator`, 'migrator-password'), redisUrl: redisUrl.href };
  const checked = await provision(box.definition, { instance: 'nine', admin, roles: false });
  expect(checked).toMatchObject({
    sql: [],
    acl: [],
    advice: [expect.stringMatching(/could not be looked at .* ACL SETUSER/)],
  });
  expect(await migrate(box.definition, { instance: 'nine', admin })).toMatchObject({ status: { state: 'current' } });
  expect(await status(box.definition, { instance: 'nine', admin })).toMatchObject({ state: 'current' });
  await db.query(`drop owned by ${schema}_migrator`);
});

test('leaves alone a schema that something else made', async () => {
  await box.db.query(`create schema ${box.schema}_taken`);
  await expect(provision(box.definition, { ...target('taken'), passwords })).rejects.toMatchObject({
    code: 'schema-taken',
  });
  await box.db.query(`drop schema ${box.schema}_taken`);
});

test('asks for the passwords of what does not exist yet, before it changes anything', async () => {
  await expect(provision(box.definition, target('seven'))).rejects.toMatchObject({
    kind: 'invalid-input',
    code: 'password-missing',
  });
  await expect(
    provision(box.definition, { ...target('seven'), passwords: { redis: passwords.redis } }),
  ).rejects.toMatchObject({ issues: [{ path: 'passwords.postgres' }] });
  expect(await box.redis.call('ACL', 'GETUSER', `${box.schema}_seven_adapter`)).toBeNull();
});

test.each(['events', 'thing', 'Upper', '-x', 'a'.repeat(31)])(
  'refuses %s as the name of an instance',
  async (instance) => {
    await expect(provision(box.definition, { ...target(instance), passwords })).rejects.toMatchObject({
      kind: 'invalid-input',
    });
  },
);

test('no password is in an error, whatever prints it', async () => {
  const { inspect } = await import('node:util');
  const wrong = (url: string) => url.replace(/:[^:@/]*@/, ':canary-secret@');
  const errors = await Promise.all([
    provision(box.definition, {
      ...target('eight'),
      admin: { ...box.admin, postgresUrl: wrong(box.admin.postgresUrl) },
    }).catch((error: unknown) => error),
    provision(box.definition, {
      ...target('eight'),
      admin: { ...box.admin, redisUrl: wrong(box.admin.redisUrl) },
    }).catch((error: unknown) => error),
    provision(box.definition, { ...target('eight'), passwords: { postgres: 'canary secret' } }).catch(
      (error: unknown) => error,
    ),
  ]);
  expect(errors.map((error) => (error as { code: string }).code)).toEqual([
    'login-refused',
    'redis-login-refused',
    'invalid-input',
  ]);
  for (const error of errors) expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary');
});
