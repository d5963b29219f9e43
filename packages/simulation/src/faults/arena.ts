import { type Clock, uuidv7Ids } from '@tse/core';
import { type AdminAccess, migrate, provision } from '@tse/core/admin';
import { type ExchangeAdapter, createExchangeAdapter, definition } from '@tse/exchange';
import { migrationsDirectory } from '@tse/migrations';
import { type FaultProxy, startProxy } from '@tse/testkit';
import { type Server, randomPassword, startPostgres, startRedis } from '@tse/testkit/servers';
import { pino } from 'pino';
import { Registry } from 'prom-client';

/** An exchange on servers of its own that keep what they acknowledge, behind proxies that can break every connection. */
export interface Arena extends AsyncDisposable {
  readonly exchange: ExchangeAdapter;
  readonly postgres: Server;
  readonly redis: Server;
  readonly toPostgres: FaultProxy;
  readonly toRedis: FaultProxy;
  readonly admin: AdminAccess;
  /** All that was logged. */
  readonly logs: readonly string[];
  /** What must not be found in any output. */
  readonly secrets: readonly string[];
  /** A further adapter as another process would have it, with a password of its own where one is given. */
  open(password?: string): ExchangeAdapter;
}

const adapter = { ...definition, migrations: migrationsDirectory };

export async function openArena(clock?: Clock): Promise<Arena> {
  await using stack = new AsyncDisposableStack();
  // Processes of this machine, because a fault may be a signal to one of them.
  const env = { ...process.env, INFRA: 'embedded' };
  const quiet = { purpose: 'test', durable: true, env, log: () => {} } as const;
  const postgres = stack.use(await startPostgres(quiet));
  const redis = stack.use(await startRedis(quiet));
  const toPostgres = stack.use(await startProxy({ target: postgres }));
  const toRedis = stack.use(await startProxy({ target: redis }));
  const admin = { postgresUrl: postgres.adminUrl, redisUrl: redis.adminUrl };
  const passwords = { postgres: randomPassword(), redis: randomPassword() };
  await provision(adapter, { admin, passwords });
  await migrate(adapter, { admin });

  const logs: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) });
  const through = (proxy: FaultProxy, url: string) => {
    const to = new URL(proxy.url(url));
    return `${to.protocol}//${to.host}${to.pathname}`;
  };
  const open = (password = passwords.postgres): ExchangeAdapter =>
    stackOf.use(
      createExchangeAdapter({
        postgres: { url: through(toPostgres, admin.postgresUrl), password },
        redis: { url: through(toRedis, admin.redisUrl), password: passwords.redis },
        logger,
        metrics: new Registry(),
        ids: uuidv7Ids,
        ...(clock && { clock }),
      }),
    );
  const stackOf = stack.move();
  const secrets = [...Object.values(passwords), new URL(admin.postgresUrl).password, new URL(admin.redisUrl).password];
  return {
    exchange: open(),
    postgres,
    redis,
    toPostgres,
    toRedis,
    admin,
    logs,
    secrets,
    open,
    [Symbol.asyncDispose]: () => stackOf.disposeAsync(),
  };
}
