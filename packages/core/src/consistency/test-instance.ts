import { randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { Redis as IoRedis } from 'ioredis';
import pg from 'pg';
import { pino } from 'pino';
import { type AdapterOptions, adapterConfig } from '../pipe/config.ts';
import { identify } from '../pipe/identity.ts';
import { Pipe } from '../pipe/run.ts';
import { Telemetry } from '../pipe/telemetry.ts';
import { Postgres } from '../postgres/postgres.ts';
import { coreFamilies, keysOf } from '../redis/keys.ts';
import { Redis } from '../redis/redis.ts';
import { uuidv7Ids } from '../values/id.ts';
import { systemClock } from '../values/instant.ts';
import type { AdapterContext } from './adapter-context.ts';

const coreSql = new URL('../../../../migrations/core/', import.meta.url);

/** A fresh instance with the core's tables, its own role and its own ACL user, for the tests of core alone. */
export interface TestInstance extends AsyncDisposable {
  readonly options: AdapterOptions;
  readonly context: AdapterContext;
  /** The server's own user; its search path is the instance's schema. */
  readonly db: pg.Client;
  readonly admin: IoRedis;
  /** A further context of the same instance, as another process would have it. */
  another(overrides?: AdapterOptions): AdapterContext & AsyncDisposable;
}

export async function testInstance(
  servers: { postgres: string; redis: string },
  overrides: AdapterOptions = {},
): Promise<TestInstance> {
  const instance = `t${randomBytes(6).toString('hex')}`;
  const identity = identify({ name: 'sample', schema: 'sample', prefix: 'sample' }, instance);
  const { schema, prefix, roles, aclUser } = identity;
  const password = randomBytes(18).toString('base64url');
  const nouns = Object.values(coreFamilies).map(({ noun }) => noun);
  const published = nouns.filter((noun) => noun !== 'cache' && noun !== 'epoch');
  const admin = new IoRedis(servers.redis);
  const own = nouns.map((noun) => `~${prefix}:${noun}:{*`);
  const others = published.map((noun) => `%R~*:${noun}:{*`);
  const commands = '-@all +@read +@write +@connection +@stream +@scripting -@dangerous -keys -scan +info +ping +time';
  const rule = ['reset', 'on', `>${password}`, ...own, `~${prefix}:test:{*`, ...others, 'resetchannels'];
  await admin.call('ACL', 'SETUSER', aclUser, ...rule, ...commands.split(' '));
  const db = new pg.Client(servers.postgres);
  await db.connect();
  await db.query(`create schema if not exists extensions`).catch(() => {}); // twenty at once may do so
  await db.query(`create role ${roles.adapter} login password '${password}'`);
  await db.query(`alter role ${roles.adapter} set search_path = ${schema}, extensions, pg_temp`);
  await db.query(`create schema ${schema} authorization ${roles.adapter}`);
  await db.query(`set search_path = ${schema}, extensions, pg_temp; set role ${roles.adapter}`);
  for (const folder of [coreSql, new URL('functions/', coreSql)]) {
    const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
    for (const file of files) await db.query(await readFile(new URL(file, folder), 'utf8'));
  }
  await db.query('reset role');
  const options: AdapterOptions = {
    instance,
    postgres: { url: withLogin(servers.postgres, roles.adapter, password) },
    redis: { url: withLogin(servers.redis, aclUser, password) },
    logger: pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }),
    ...overrides,
  };
  const opened: (AdapterContext & AsyncDisposable)[] = [];
  const another = (more: AdapterOptions = {}) => {
    const context = openContext(identity, { ...options, ...more });
    opened.push(context);
    return context;
  };
  return {
    options,
    context: another(),
    db,
    admin,
    another,
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((context) => context[Symbol.asyncDispose]()));
      await admin.call('ACL', 'DELUSER', aclUser);
      const keys = await admin.keys(`${prefix}:*`);
      if (keys.length > 0) await admin.del(keys);
      await admin.quit();
      await db.query(`drop schema ${schema} cascade`);
      await db.query(`drop owned by ${roles.adapter}`);
      await db.query(`drop role ${roles.adapter}`);
      await db.end();
    },
  };
}

function openContext(identity: AdapterContext['identity'], options: AdapterOptions): AdapterContext & AsyncDisposable {
  const config = adapterConfig(identity, options, {});
  const telemetry = new Telemetry({ adapter: identity.name, adapter_instance: identity.label }, options);
  const redis = new Redis(config.redis, 'test', telemetry);
  const postgres = new Postgres(config, 'test', telemetry);
  return {
    identity,
    config,
    telemetry,
    redis,
    pg: postgres,
    run: new Pipe(identity.name, telemetry).run,
    coreKeys: keysOf(identity.prefix, coreFamilies),
    clock: options.clock ?? systemClock,
    ids: options.ids ?? uuidv7Ids,
    async [Symbol.asyncDispose]() {
      await Promise.all([redis.close(500), postgres.close(500)]);
    },
  };
}

function withLogin(url: string, user: string, password: string): string {
  const own = new URL(url);
  own.username = user;
  own.password = password;
  return own.href;
}
