import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrate } from './migrate.ts';
import { provision } from './provision.ts';
import { type TestDatabase, passwords, testDatabase } from './test-database.ts';

let box: TestDatabase;
let adapter: pg.Client;
let okx: pg.Client;
beforeAll(async () => {
  box = await testDatabase(inject('servers'));
  for (const instance of [undefined, 'okx']) {
    await provision(box.definition, { instance, admin: box.admin, passwords });
    await migrate(box.definition, { instance, admin: box.admin });
  }
  // Real logins: SET SESSION AUTHORIZATION would not load the settings of a role.
  adapter = await box.connect(`${box.schema}_adapter`, passwords.postgres);
  okx = await box.connect(`${box.schema}_okx_adapter`, passwords.postgres);
  for (const client of [adapter, okx]) {
    await client.query(`insert into things values ('1', 'big', '1.5', null, clock_timestamp())`);
    await client.query(`insert into thing_events (thing_id) values ('1')`);
    await client.query(`select ensure_partitions('ticks', clock_timestamp())`);
  }
});
afterAll(() => box[Symbol.asyncDispose]());

const fill = (sql: string) =>
  sql
    .replaceAll('$own', box.schema)
    .replaceAll('$okx', `${box.schema}_okx`)
    .replaceAll('$db', box.admin.postgresUrl.split('/').at(-1)!);
const refused = (client: pg.Client, sql: string, code = '42501') =>
  expect(client.query(fill(sql)), sql).rejects.toMatchObject({ code });

describe('an adapter works in its own schema', () => {
  test.each([
    'select id, price from things',
    `update things set kind = 'small' where id = '1'`,
    `delete from things where id = 'none'`,
    `insert into thing_events (thing_id) values ('2')`,
    `insert into ticks values (clock_timestamp(), 1)`,
    'select kind from thing_kinds',
    `select nextval('thing_numbers')`,
    'select things_owner_only()',
    'select name from schema_migrations',
    'select epoch from epoch',
  ])('%s', async (sql) => {
    await adapter.query(sql);
  });
});

describe('an adapter is refused what another owns', () => {
  test.each([
    'select id from $okx.things',
    `insert into $okx.things values ('2', 'big', null, null, clock_timestamp())`,
    `update $okx.things set kind = 'big'`,
    'delete from $okx.things',
    'select id from $okx.facts_things',
    'select $okx.things_owner_only()',
    `select nextval('$okx.thing_numbers')`,
    'select epoch from $okx.epoch',
    'set role $okx_adapter',
    'set role $okx_owner',
  ])('of its instance: %s', (sql) => refused(adapter, sql));

  test.each([
    'select id from $own.things',
    'update $own.things set kind = kind',
    'select id from $own.facts_things',
    'set role $own_adapter',
  ])('and the instance of it: %s', (sql) => refused(okx, sql));
});

describe('an adapter makes nothing', () => {
  test.each([
    'create table mine ()',
    'create table public.mine ()',
    'create temporary table mine (id integer)',
    'create view mine as select 1 as one',
    'create function mine() returns integer language sql as $$ select 1 $$',
    'create type mine as (n integer)',
    'create schema mine',
    'create schema extensions',
    'create trigger mine before insert on things for each row execute function refuse_change()',
    'create extension pg_trgm',
    'create role mine',
    'create publication mine for all tables',
    'alter table things add column mine text',
    'alter table things owner to $own_adapter',
    'drop table things',
    'drop schema $own cascade',
    'drop owned by $own_owner',
    `comment on table thing_events is 'anything'`,
    'alter default privileges for role $own_owner grant all on tables to public',
    'alter role $own_adapter superuser',
    'alter role $own_adapter connection limit 1000',
    'alter role $own_owner login',
  ])('%s', (sql) => refused(adapter, sql));
});

describe('an adapter does not leave its database', () => {
  test.each([
    `copy things to '/tmp/things'`,
    `copy things from '/etc/passwd'`,
    `copy things to program 'cat'`,
    `select pg_read_file('PG_VERSION')`,
    `select pg_ls_dir('.')`,
    `select lo_import('/etc/passwd')`,
    'select rolpassword from pg_authid',
    `alter system set fsync = off`,
    'select pg_reload_conf()',
    'set session_replication_role = replica',
    'set role $own_owner',
    'set role $own_reader',
    'set session authorization postgres',
  ])('%s', (sql) => refused(adapter, sql));

  test('ends no session of another', async () => {
    const { rows } = await box.db.query<{ pid: number }>('select pg_backend_pid() as pid');
    await refused(adapter, `select pg_terminate_backend(${rows[0]!.pid})`);
    await refused(adapter, `select pg_cancel_backend(${rows[0]!.pid})`);
  });

  test('sees no statement of another', async () => {
    const { rows } = await adapter.query<{ query: string }>(
      'select distinct query from pg_stat_activity where usename <> current_user and query is not null',
    );
    expect(rows).toEqual([{ query: '<insufficient privilege>' }]);
  });
});

describe('facts stay as they are', () => {
  test.each([
    'update thing_events set seen = true',
    'delete from thing_events',
    'truncate thing_events',
    `insert into thing_events (thing_id) values ('1') on conflict (id) do update set seen = true`,
    'select from thing_events for update',
    'do $$ begin lock table thing_events in access exclusive mode; end $$',
    'alter table thing_events disable trigger all',
    'alter table thing_events disable trigger refuse_change',
    'drop trigger refuse_change on thing_events',
    'update ticks set value = 0',
    'delete from ticks',
    'truncate ticks',
    'delete from ticks_before',
    'select value from ticks_before',
    `insert into thing_kinds values ('huge')`,
    `update thing_kinds set kind = 'huge'`,
    'delete from thing_kinds',
    'truncate things',
    `update schema_migrations set sha256 = ''`,
    'delete from schema_migrations',
  ])('%s', (sql) => refused(adapter, sql));

  test.each([
    'update $own.thing_events set seen = true',
    'delete from $own.thing_events',
    'truncate $own.thing_events',
    'delete from $own.ticks',
  ])('even for the owner, in replica mode: %s', async (sql) => {
    await box.db.query('begin; set local session_replication_role = replica');
    await box.db.query(fill(`insert into $own.ticks values (clock_timestamp(), 1); set local role $own_owner`));
    await refused(box.db, sql, '55000');
    await box.db.query('rollback');
  });
});

describe('a reader reads the facts', () => {
  const asReader = async (work: () => Promise<unknown>) => {
    await box.db.query(fill('begin; set local role $own_reader; set local search_path = $own'));
    try {
      await work();
    } finally {
      await box.db.query('rollback');
    }
  };

  test.each(['select id from facts_things', 'select event_id from facts_events'])('%s', (sql) =>
    asReader(() => box.db.query(sql)),
  );

  test.each([
    'select id from things',
    'select id from big_things',
    'select payload from outbox',
    'select things_owner_only()',
    'delete from facts_things',
    'select id from $okx.facts_things',
    'create table mine ()',
  ])('and nothing else: %s', (sql) => asReader(() => refused(box.db, sql)));
});
