import { randomBytes } from 'node:crypto';
import type { AdapterOptions, Clock, Ids } from '@tse/core';
import { type InstanceTarget, dropInstance, migrate, provision } from '@tse/core/admin';
import { type ExchangeAdapter, createExchangeAdapter, definition } from '@tse/exchange';
import { migrationsDirectory } from '@tse/migrations';
import { type Servers, randomPassword } from '@tse/testkit/servers';
import { pino } from 'pino';

/** An exchange on these servers: its adapter as its own role, and who may look at it from outside. */
export interface DemoExchange extends AsyncDisposable {
  readonly exchange: ExchangeAdapter;
  /** With what the adapter was opened. */
  readonly options: AdapterOptions;
  readonly target: InstanceTarget;
  /** With which the scripts, `tse` and any service find it. */
  readonly environment: Readonly<Record<string, string>>;
}

const adapter = { ...definition, migrations: migrationsDirectory };

/** Provisions, migrates and opens an exchange. On servers that are not ours it is an instance of its own, gone in the end. */
export async function openDemoExchange(
  { postgres, redis }: Servers,
  { clock, ids }: { clock: Clock; ids: Ids },
): Promise<DemoExchange> {
  await using opening = new AsyncDisposableStack();
  const admin = { postgresUrl: postgres.adminUrl, redisUrl: redis.adminUrl };
  const isOurs = postgres.origin !== 'url' && redis.origin !== 'url';
  const instance = isOurs ? {} : { instance: `demo-${randomBytes(4).toString('hex')}` };
  const target = { admin, ...instance };
  if (instance.instance !== undefined) {
    const dropped = { admin, instance: instance.instance };
    opening.defer(() => dropInstance(adapter, dropped));
  }
  const passwords = { postgres: randomPassword(), redis: randomPassword() };
  await provision(adapter, { ...target, passwords });
  await migrate(adapter, target);

  const where = { postgres: withoutLogin(admin.postgresUrl), redis: withoutLogin(admin.redisUrl) };
  const options: AdapterOptions = {
    ...instance,
    postgres: { url: where.postgres, password: passwords.postgres },
    redis: { url: where.redis, password: passwords.redis },
    clock,
    ids,
    logger: pino({ level: 'error' }, pino.destination(2)),
  };
  const exchange = opening.use(createExchangeAdapter(options));
  await exchange.ready();
  const opened = opening.move();
  const { envPrefix } = exchange.identity;
  return {
    exchange,
    options,
    target,
    environment: {
      POSTGRES_URL: where.postgres,
      REDIS_URL: where.redis,
      TSE_ADMIN_POSTGRES_URL: admin.postgresUrl,
      TSE_ADMIN_REDIS_URL: admin.redisUrl,
      [`${envPrefix}POSTGRES_PASSWORD`]: passwords.postgres,
      [`${envPrefix}REDIS_PASSWORD`]: passwords.redis,
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function withoutLogin(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
