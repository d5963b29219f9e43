import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Redis as IoRedis } from 'ioredis';
import pg from 'pg';
import type { AdapterDefinition, AdminAccess } from './adapter-definition.ts';

const coreSql = new URL('../../../../migrations/core/', import.meta.url);

/** A database of its own on the test server, and a definition whose schema, roles and users nobody else has. */
export interface TestDatabase extends AsyncDisposable {
  readonly admin: AdminAccess;
  readonly definition: AdapterDefinition;
  readonly schema: string;
  /** As the server's own administrator. */
  readonly db: pg.Client;
  readonly redis: IoRedis;
  /** A definition with these files (`0001_create_things.sql`, `functions/do_it.sql`) beside the core's. */
  withFiles(files: Readonly<Record<string, string>>): Promise<AdapterDefinition>;
  connect(user: string, password: string): Promise<pg.Client>;
  connectRedis(user: string, password: string): Promise<IoRedis>;
}

export const passwords = { postgres: 'the-postgres-password', redis: 'the-redis-password' };

export async function testDatabase(servers: { postgres: string; redis: string }): Promise<TestDatabase> {
  const tag = randomBytes(5).toString('hex');
  const schema = `s${tag}`;
  const server = new pg.Client(servers.postgres);
  await server.connect();
  await server.query(`create database d${tag}`);
  const url = new URL(servers.postgres);
  url.pathname = `/d${tag}`;
  const db = new pg.Client(url.href);
  await db.connect();
  const redis = new IoRedis(servers.redis);
  const folders: string[] = [];
  const opened: (() => Promise<unknown>)[] = [];

  const withFiles = async (files: Readonly<Record<string, string>>): Promise<AdapterDefinition> => {
    const folder = await mkdtemp(join(tmpdir(), 'tse-migrations-'));
    folders.push(folder);
    await cp(coreSql, join(folder, 'core'), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      const file = join(folder, schema, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    return {
      identity: { name: schema, schema, prefix: schema },
      families: { thing: { noun: 'thing', visibility: 'own' } },
      migrations: pathToFileURL(`${folder}/`),
    };
  };
  const connect = async (user: string, password: string) => {
    const client = new pg.Client({ host: url.hostname, port: Number(url.port), database: `d${tag}`, user, password });
    client.on('error', () => {});
    await client.connect();
    opened.push(() => client.end());
    return client;
  };
  const connectRedis = async (username: string, password: string) => {
    const { hostname, port, pathname } = new URL(servers.redis);
    const options = { host: hostname, port: Number(port), db: Number(pathname.slice(1) || 0), username, password };
    const client = new IoRedis({ ...options, lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => {});
    await client.connect();
    opened.push(async () => client.disconnect());
    return client;
  };

  return {
    admin: { postgresUrl: url.href, redisUrl: servers.redis },
    definition: await withFiles({ '0001_create_things.sql': things }),
    schema,
    db,
    redis,
    withFiles,
    connect,
    connectRedis,
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((close) => close()));
      await db.end();
      await server.query(`drop database d${tag} with (force)`);
      const { rows } = await server.query<{ name: string }>(
        `select rolname as name from pg_roles where rolname like $1 order by rolname like '%admin%'`,
        [`${schema}\\_%`],
      );
      for (const { name } of rows) await server.query(`drop role ${name}`);
      await server.end();
      const users = (await redis.call('ACL', 'USERS')) as string[];
      for (const user of users.filter((name) => name.startsWith(`${schema}_`)))
        await redis.call('ACL', 'DELUSER', user);
      redis.disconnect();
      await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
    },
  };
}

const things = `
create table things (id text primary key, kind text not null check (kind in ('big', 'small')), price amount, notes jsonb, made_at timestamptz not null);
create table thing_events (id bigint generated always as identity primary key, thing_id text not null, seen boolean not null default false);
select make_append_only('thing_events');
create table thing_kinds (kind text primary key);
insert into thing_kinds values ('big'), ('small');
select make_append_only('thing_kinds', 'immutable');
create table ticks (at timestamptz not null, value amount not null) partition by range (at);
select make_append_only('ticks');
create sequence thing_numbers;
create view big_things as select id, kind, price from things where kind = 'big';
create view facts_things as select id, kind, price from things;
create function things_owner_only() returns integer language sql security definer set search_path from current as $$ select count(*)::integer from things $$;
`;
