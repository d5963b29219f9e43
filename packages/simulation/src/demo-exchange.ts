import { type AdapterOptions, type Clock, type Ids } from '@tse/core';
import { type Verified, migrate, openFacts, provision } from '@tse/core/admin';
import { type ExchangeAdapter, createExchangeAdapter, definition } from '@tse/exchange';
import { tooling } from '@tse/exchange/tooling';
import { migrationsDirectory } from '@tse/migrations';
import { type Servers, randomPassword, startServers } from '@tse/testkit/servers';
import { pino } from 'pino';

/** The exchange of a demo: its adapter on servers of its own, as its own role. */
export interface DemoExchange extends AsyncDisposable {
  readonly exchange: ExchangeAdapter;
  readonly servers: Servers;
  /** The identities that `tse verify` checks. */
  verify(progress: (text: string) => void): Promise<readonly Verified[]>;
  readonly options: AdapterOptions;
  /** With which the scripts, `tse` and any service find these servers. */
  readonly environment: Readonly<Record<string, string>>;
}

const adapter = { ...definition, migrations: migrationsDirectory };

export async function openDemoExchange(clock: Clock, ids: Ids, log: (line: string) => void): Promise<DemoExchange> {
  await using stack = new AsyncDisposableStack();
  const servers = stack.use(await startServers({ purpose: 'demo', log }));
  const admin = { postgresUrl: servers.postgres.adminUrl, redisUrl: servers.redis.adminUrl };
  const passwords = { postgres: randomPassword(), redis: randomPassword() };
  await provision(adapter, { admin, passwords });
  await migrate(adapter, { admin });

  const where = (url: string) => {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  };
  const options: AdapterOptions = {
    postgres: { url: where(admin.postgresUrl), password: passwords.postgres },
    redis: { url: where(admin.redisUrl), password: passwords.redis },
    clock,
    ids,
    logger: pino({ level: 'error' }, pino.destination(2)),
  };
  const exchange = stack.use(createExchangeAdapter(options));
  await exchange.ready();
  const opened = stack.move();
  return {
    exchange,
    servers,
    async verify(progress) {
      await using facts = await openFacts(adapter, { admin });
      return await tooling.verify!({
        facts,
        options: { ...options, workers: false },
        progress,
        signal: new AbortController().signal,
      });
    },
    options,
    environment: {
      POSTGRES_URL: where(admin.postgresUrl),
      REDIS_URL: where(admin.redisUrl),
      TSE_ADMIN_POSTGRES_URL: admin.postgresUrl,
      TSE_ADMIN_REDIS_URL: admin.redisUrl,
      EXCHANGE_POSTGRES_PASSWORD: passwords.postgres,
      EXCHANGE_REDIS_PASSWORD: passwords.redis,
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
