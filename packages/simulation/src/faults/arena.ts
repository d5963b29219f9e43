import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7Ids } from '@tse/core';
import { type AdminAccess, migrate, provision } from '@tse/core/admin';
import { type ExchangeAdapter, createExchangeAdapter, definition } from '@tse/exchange';
import { migrationsDirectory } from '@tse/migrations';
import { type FaultProxy, startProxy } from '@tse/testkit';
import { type Server, randomPassword, startPostgres, startRedis } from '@tse/testkit/servers';
import pg from 'pg';
import { type Logger, pino } from 'pino';
import { Registry } from 'prom-client';

/** An exchange's data on servers of its own that keep what they acknowledge, behind proxies that can break every connection. */
export interface Arena extends AsyncDisposable {
  readonly postgres: Server;
  readonly redis: Server;
  readonly toPostgres: FaultProxy;
  readonly toRedis: FaultProxy;
  readonly admin: AdminAccess;
  readonly passwords: { readonly postgres: string; readonly redis: string };
  /** What must not be found in any output. */
  readonly secrets: readonly string[];
  readonly logger: Logger;
  /** All that the adapters logged. */
  readonly logs: readonly string[];
  /** An adapter as a process of its own would have it, with all workers; with other passwords where they are given. */
  open(wrong?: Partial<Arena['passwords']>): ExchangeAdapter;
  /** Works as the administrator, past the proxies; a server on its way up is waited for. */
  asAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
}

const adapter = { ...definition, migrations: migrationsDirectory };
const CONNECT_WITHIN_MS = 30_000;

export async function openArena(): Promise<Arena> {
  await using opening = new AsyncDisposableStack();
  // Processes of this machine, because a fault may be a signal to one of them.
  const env = { ...process.env, INFRA: 'embedded' };
  const quiet = { purpose: 'test', durable: true, env, log: () => {} } as const;
  const postgres = opening.use(await startPostgres(quiet));
  const redis = opening.use(await startRedis(quiet));
  const toPostgres = opening.use(await startProxy({ target: postgres }));
  const toRedis = opening.use(await startProxy({ target: redis }));
  const admin = { postgresUrl: postgres.adminUrl, redisUrl: redis.adminUrl };
  const passwords = { postgres: randomPassword(), redis: randomPassword() };
  await provision(adapter, { admin, passwords });
  await migrate(adapter, { admin });

  const logs: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) });
  const resources = opening.move();
  return {
    postgres,
    redis,
    toPostgres,
    toRedis,
    admin,
    passwords,
    secrets: [...Object.values(passwords), ...Object.values(admin).map((url) => new URL(url).password)],
    logger,
    logs,
    open: (wrong = {}) =>
      resources.use(
        createExchangeAdapter({
          postgres: {
            url: withoutLogin(toPostgres.url(admin.postgresUrl)),
            password: wrong.postgres ?? passwords.postgres,
          },
          redis: { url: withoutLogin(toRedis.url(admin.redisUrl)), password: wrong.redis ?? passwords.redis },
          logger,
          metrics: new Registry(),
          ids: uuidv7Ids,
        }),
      ),
    asAdmin: async (work) => {
      const client = await connect(admin.postgresUrl);
      try {
        return await work(client);
      } finally {
        await client.end().catch(() => {});
      }
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function connect(url: string): Promise<pg.Client> {
  for (const ends = performance.now() + CONNECT_WITHIN_MS; ; await sleep(5)) {
    const client = new pg.Client(url);
    client.on('error', () => {}); // what it does is told
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (performance.now() > ends) throw error;
    }
  }
}

/** Whom an adapter logs in as is its own affair. */
export function withoutLogin(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
