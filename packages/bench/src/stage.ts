import { type AdminAccess, migrate, provision } from '@tse/core/admin';
import type { AdapterOptions } from '@tse/core';
import { type ExchangeAdapter, createExchangeAdapter, definition } from '@tse/exchange';
import { migrationsDirectory } from '@tse/migrations';
import { randomPassword, startServers } from '@tse/testkit/servers';
import { pino } from 'pino';

/** Where the benches run: durable servers, a migrated exchange, its adapter, and a login of the same role for the peers. */
export interface Stage extends AsyncDisposable {
  exchange: ExchangeAdapter;
  /** With which a further adapter of the same instance is opened. */
  options: AdapterOptions;
  postgres: { host: string; port: number; database: string; user: string; password: string };
  redis: { host: string; port: number; username: string; password: string };
  /** The servers as their administrator, for a bench that brings an adapter of its own. */
  admin: AdminAccess;
}

export async function openStage(progress: (text: string) => void): Promise<Stage> {
  const stack = new AsyncDisposableStack();
  const servers = stack.use(await startServers({ purpose: 'demo', durable: true, log: progress }));
  const admin = { postgresUrl: servers.postgres.adminUrl, redisUrl: servers.redis.adminUrl };
  const passwords = { postgres: randomPassword(), redis: randomPassword() };
  const adapter = { ...definition, migrations: migrationsDirectory };
  await provision(adapter, { admin, passwords });
  await migrate(adapter, { admin });
  const [pg, redis] = [new URL(admin.postgresUrl), new URL(admin.redisUrl)];
  const options: AdapterOptions = {
    postgres: { url: `postgres://${pg.host}${pg.pathname}`, password: passwords.postgres },
    redis: { url: `redis://${redis.host}`, password: passwords.redis },
    logger: pino({ level: 'error' }, pino.destination(2)),
  };
  const exchange = stack.use(createExchangeAdapter(options));
  await exchange.ready();
  return {
    exchange,
    options,
    postgres: {
      host: pg.hostname,
      port: Number(pg.port),
      database: pg.pathname.slice(1),
      user: 'exchange_adapter',
      password: passwords.postgres,
    },
    redis: { host: redis.hostname, port: Number(redis.port), username: 'exchange_adapter', password: passwords.redis },
    admin,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
