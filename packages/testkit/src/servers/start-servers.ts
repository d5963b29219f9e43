import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { NO_ENGINE } from './container-engine.ts';
import { containerPostgres, containerRedis } from './container-stores.ts';
import { embeddedPostgres } from './embedded-postgres.ts';
import { embeddedRedis } from './embedded-redis.ts';
import {
  NoProgramError,
  type Origin,
  type Server,
  type ServerInfo,
  type StartOptions,
  type StoreStart,
} from './server.ts';
import { postgresVersion, redisVersion } from './versions.ts';

/** Both stores, for the length of a run. */
export interface Servers extends AsyncDisposable {
  readonly postgres: ServerInfo;
  readonly redis: ServerInfo;
  /** Ends what was started; what was named by URL is left alone. */
  stop(): Promise<void>;
}

type OwnOrigin = Exclude<Origin, 'url'>;

interface Store {
  readonly name: 'PostgreSQL' | 'Redis';
  readonly key: 'postgres' | 'redis';
  readonly variable: 'TSE_TEST_POSTGRES_URL' | 'TSE_TEST_REDIS_URL';
  readonly version: (url: string) => Promise<string>;
  readonly starters: Readonly<Record<OwnOrigin, (start: StoreStart) => Promise<Server>>>;
}

const POSTGRES: Store = {
  name: 'PostgreSQL',
  key: 'postgres',
  variable: 'TSE_TEST_POSTGRES_URL',
  version: postgresVersion,
  starters: { docker: containerPostgres, embedded: embeddedPostgres },
};
const REDIS: Store = {
  name: 'Redis',
  key: 'redis',
  variable: 'TSE_TEST_REDIS_URL',
  version: redisVersion,
  starters: { docker: containerRedis, embedded: embeddedRedis },
};

const toStderr = (line: string): void => void process.stderr.write(`${line}\n`);

/** A password for servers, roles and users: 192 random bits that need no quoting in a URL, in SQL or in a file. */
export const randomPassword = (): string => randomBytes(24).toString('base64url');

/**
 * Finds or starts a real PostgreSQL and a real Redis: `TSE_TEST_POSTGRES_URL` and `TSE_TEST_REDIS_URL` win (but for a
 * stack); then, each store by itself, tests prefer Docker, a demo and a stack the embedded servers;
 * `INFRA=docker|embedded` decides. Passwords are checked. However the run ends, nothing stays behind but the cache and
 * a kept folder.
 */
export async function startServers(options: StartOptions): Promise<Servers> {
  const results = await Promise.allSettled([findOrStart(POSTGRES, options), findOrStart(REDIS, options)]);
  const stop = async (): Promise<void> => {
    const stops = results.map(async (result) =>
      result.status === 'fulfilled' && 'stop' in result.value ? await result.value.stop() : undefined,
    );
    await Promise.all(stops);
  };
  const [postgres, redis] = results;
  if (postgres.status === 'fulfilled' && redis.status === 'fulfilled')
    return { postgres: postgres.value, redis: redis.value, stop, [Symbol.asyncDispose]: stop };
  await stop();
  throw postgres.status === 'rejected' ? postgres.reason : (redis as PromiseRejectedResult).reason;
}

/** Starts a PostgreSQL of one's own, to be killed and brought back; never one named by URL. */
export const startPostgres = (options: StartOptions): Promise<Server> => startOne(POSTGRES, options);

/** Starts a Redis of one's own, to be killed and brought back; never one named by URL. */
export const startRedis = (options: StartOptions): Promise<Server> => startOne(REDIS, options);

async function findOrStart(store: Store, options: StartOptions): Promise<ServerInfo | Server> {
  const { env = process.env, log = toStderr } = options;
  const adminUrl = options.purpose === 'stack' ? undefined : env[store.variable];
  if (!adminUrl) return await startOne(store, options);
  const version = await store.version(adminUrl).catch((cause: unknown) => {
    throw new Error(
      `${store.variable} names a ${store.name} that does not let us in: ${withoutSecret((cause as Error).message, adminUrl)}`,
      { cause },
    );
  });
  log(`${store.name} ${version}: the one that ${store.variable} names`);
  return { adminUrl, version, origin: 'url' };
}

async function startOne(store: Store, options: StartOptions): Promise<Server> {
  const { purpose, env = process.env, log = toStderr, keep } = options;
  const { port, password = randomPassword() } = options[store.key] ?? {};
  if (!/^[\w-]+$/.test(password))
    throw new Error(`The password for ${store.name} must consist of letters, digits, - and _.`);
  const start: StoreStart = {
    log,
    env,
    password,
    port,
    durable: options.durable ?? (purpose !== 'test' || keep !== undefined),
    keep: keep === undefined ? undefined : resolve(join(keep, store.key)),
  };
  const server = await firstToStart(store, start, originsFor(purpose, env));
  log(
    `${store.name} ${server.version}: ${server.origin} on ${server.host}:${server.port}${start.keep === undefined ? '' : `, data in ${start.keep}`}`,
  );
  return server;
}

async function firstToStart(
  { name, starters }: Store,
  start: StoreStart,
  origins: readonly OwnOrigin[],
): Promise<Server> {
  const reasons = new Map<OwnOrigin, Error>();
  for (const origin of origins) {
    try {
      return await starters[origin](start);
    } catch (error) {
      const reason = error as Error;
      if (origin === 'embedded' && !(reason instanceof NoProgramError)) throw reason;
      reasons.set(origin, reason);
      const next = origins[reasons.size];
      // A machine without Docker is nothing to talk about where Docker is not asked for.
      if (next !== undefined && reason.message !== NO_ENGINE) start.log(`${name}: ${reason.message}; now ${next}`);
    }
  }
  const embedded = reasons.get('embedded');
  if (embedded !== undefined) throw embedded;
  const docker = reasons.get('docker');
  throw new Error(`INFRA=docker, but ${docker?.message}.`, { cause: docker });
}

function originsFor(purpose: StartOptions['purpose'], env: NodeJS.ProcessEnv): OwnOrigin[] {
  const infra = env['INFRA'] || 'auto';
  if (infra === 'docker' || infra === 'embedded') return [infra];
  if (infra !== 'auto') throw new Error(`INFRA is ${infra}: it takes auto, docker or embedded.`);
  return purpose === 'test' ? ['docker', 'embedded'] : ['embedded', 'docker'];
}

const withoutSecret = (message: string, url: string): string => {
  const password = URL.parse(url)?.password;
  return password ? message.replaceAll(decodeURIComponent(password), '***').replaceAll(password, '***') : message;
};
