import type { AdapterOptions, BaseAdapter } from '@tse/core';
import { type AdminAccess, type InstanceTarget, migrate, provision } from '@tse/core/admin';
import { type ExchangeAdapter, createExchangeAdapter } from '@tse/exchange';
import { migrationsDirectory } from '@tse/migrations';
import type { AdapterFactory } from '@tse/testkit';
import { randomPassword, startServers } from '@tse/testkit/servers';
import { pino } from 'pino';

/** Where the benches of an adapter run: durable servers, its migrated schema, the adapter, and a login of the same role for the peers. */
export interface StageOf<Adapter> extends AsyncDisposable {
  adapter: Adapter;
  /** With which a further adapter of the same instance is opened. */
  options: AdapterOptions;
  postgres: { host: string; port: number; database: string; user: string; password: string };
  redis: { host: string; port: number; username: string; password: string };
  /** The server's administrator, for what the role may not do. */
  adminUrl: string;
  /** Of both servers: for further instances. */
  admin: AdminAccess;
}

/** Those of the exchange. */
export interface Stage extends Omit<StageOf<ExchangeAdapter>, 'adapter'> {
  exchange: ExchangeAdapter;
}

export async function openStage(progress: (text: string) => void): Promise<Stage> {
  const { adapter, ...stage } = await openStageOf(createExchangeAdapter, progress);
  return { ...stage, exchange: adapter };
}

export async function openStageOf<Adapter extends BaseAdapter>(
  create: AdapterFactory<Adapter>,
  progress: (text: string) => void,
): Promise<StageOf<Adapter>> {
  await using opening = new AsyncDisposableStack();
  const servers = opening.use(await startServers({ purpose: 'demo', durable: true, log: progress }));
  const admin = { postgresUrl: servers.postgres.adminUrl, redisUrl: servers.redis.adminUrl };
  const { adapter, options, passwords } = await openAdapterOn(create, { admin });
  opening.use(adapter);
  const [pg, redis] = [new URL(admin.postgresUrl), new URL(admin.redisUrl)];
  const user = `${create.definition.identity.schema}_adapter`;
  const opened = opening.move();
  return {
    adapter,
    options,
    postgres: {
      host: pg.hostname,
      port: Number(pg.port),
      database: pg.pathname.slice(1),
      user,
      password: passwords.postgres,
    },
    redis: { host: redis.hostname, port: Number(redis.port), username: user, password: passwords.redis },
    adminUrl: admin.postgresUrl,
    admin,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Provisions, migrates and opens one adapter, the default instance or a named one; `more` is what it is opened with besides. */
export async function openAdapterOn<Adapter extends BaseAdapter>(
  create: AdapterFactory<Adapter>,
  target: InstanceTarget,
  more: AdapterOptions = {},
): Promise<{ adapter: Adapter; options: AdapterOptions; passwords: { postgres: string; redis: string } }> {
  const { instance, admin } = target;
  const passwords = { postgres: randomPassword(), redis: randomPassword() };
  const migrated = { ...create.definition, migrations: migrationsDirectory };
  await provision(migrated, { ...target, passwords });
  await migrate(migrated, target);
  const [pg, redis] = [new URL(admin.postgresUrl), new URL(admin.redisUrl)];
  const options: AdapterOptions = {
    ...(instance !== undefined && { instance }),
    postgres: { url: `postgres://${pg.host}${pg.pathname}`, password: passwords.postgres },
    redis: { url: `redis://${redis.host}`, password: passwords.redis },
    logger: pino({ level: 'error' }, pino.destination(2)),
    ...more,
  };
  const adapter = create(options);
  try {
    await adapter.ready();
  } catch (error) {
    await adapter.close();
    throw error;
  }
  return { adapter, options, passwords };
}
