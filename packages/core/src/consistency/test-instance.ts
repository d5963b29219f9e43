import { randomBytes } from 'node:crypto';
import { Redis as IoRedis } from 'ioredis';
import pg from 'pg';
import { pino } from 'pino';
import { type AdapterDefinition, dropInstance, migrate, provision } from '../admin/index.ts';
import { type AdapterOptions, adapterConfig } from '../pipe/config.ts';
import { identify } from '../pipe/identity.ts';
import { Pipe } from '../pipe/run.ts';
import { Telemetry } from '../pipe/telemetry.ts';
import { Postgres } from '../postgres/postgres.ts';
import { coreFamilies, keyFamilies, keysOf } from '../redis/keys.ts';
import { Redis } from '../redis/redis.ts';
import { uuidv7Ids } from '../values/id.ts';
import { systemClock } from '../values/instant.ts';
import type { AdapterContext } from './adapter-context.ts';

/** Core's own tables alone, and one family of keys for the tests. */
const definition: AdapterDefinition = {
  identity: { name: 'sample', schema: 'sample', prefix: 'sample' },
  families: keyFamilies({ test: 'test' }),
  migrations: new URL('../../../../migrations/', import.meta.url),
};

/** A fresh instance with its own role and ACL user, for the tests of core. */
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
  const identity = identify(definition.identity, instance);
  const access = { postgresUrl: servers.postgres, redisUrl: servers.redis };
  const password = randomBytes(18).toString('base64url');
  await provision(definition, { instance, admin: access, passwords: { postgres: password, redis: password } });
  await migrate(definition, { instance, admin: access });
  const admin = new IoRedis(servers.redis);
  const db = new pg.Client(servers.postgres);
  await db.connect();
  await db.query(`set search_path = ${identity.schema}, extensions, pg_temp`);
  const options: AdapterOptions = {
    instance,
    postgres: { url: withLogin(servers.postgres, identity.roles.adapter, password) },
    redis: { url: withLogin(servers.redis, identity.aclUser, password) },
    logger: pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }),
    ...overrides,
  };
  const opened: AsyncDisposable[] = [];
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
      await db.query(`drop schema ${identity.schema} cascade`); // what the tests made there is not the owner's
      await dropInstance(definition, { instance, admin: access });
      await Promise.all([db.end(), admin.quit()]);
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
