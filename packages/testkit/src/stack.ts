import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { serverAccount } from './servers/account.ts';
import { cacheFolder } from './servers/cache-folder.ts';
import { freePortFrom } from './servers/free-port.ts';
import {
  readDotenv,
  stackEnvironment,
  startServers,
  writeDotenv,
  type ServerInfo,
  type StoreOptions,
} from './servers/index.ts';

// In the workspace the sources run; from the published package it is the command `tse-stack`.
const [STACK, TSE] = import.meta.filename.endsWith('.ts') ? ['pnpm stack', 'pnpm'] : ['npx tse-stack', 'npx tse'];

const HELP = `${STACK} [env] [--data DIR] [--json]

A real PostgreSQL and a real Redis, up until Ctrl-C, for services of your own. They listen on 127.0.0.1, on the
ports that .env names: 5432 and 6379, or the next free ones.

  env               only writes .env (for you alone to read; keep it out of git): URLs, and random passwords for the
                    administrators and the adapters. What .env already has stays as it is. Without the word env:
                    starts the servers, and writes .env first where there is none

  --data DIR        where the data is kept (default: the cache, which TSE_CACHE names)
  --adapters LIST   environment prefixes of the adapters that get passwords (default: all seven)
  --json            one JSON object on stdout
  --help            this text

INFRA=docker or INFRA=embedded says how they are run; otherwise embedded, and Docker where that cannot be.`;

const ALL_ADAPTERS = 'MARKET_DATA,EXCHANGE,CUSTODIAN,RISK,TRADING,TEST_COORDINATOR,AUDIT';
const ENV_FILE = '.env';
const LOCAL = new Set(['127.0.0.1', 'localhost', '[::1]']);

interface Settings {
  readonly data: string | undefined;
  readonly adapters: readonly string[];
  readonly json: boolean;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      adapters: { type: 'string', default: ALL_ADAPTERS },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const [command = 'up', ...rest] = positionals;
  if (rest.length > 0 || (command !== 'up' && command !== 'env'))
    throw new Error(`${STACK} takes only the word env, not ${positionals.join(' ')}.`);
  const settings = { data: values.data, adapters: values.adapters.split(',').filter(Boolean), json: values.json };
  const wrote = await writeEnvironment(settings);
  if (command === 'up') await up(settings);
  else if (settings.json) console.log(JSON.stringify({ file: resolve(ENV_FILE), wrote }));
}

/** Adds to `.env` what it lacks, in agreement with what it has. */
async function writeEnvironment({ adapters }: Settings): Promise<string[]> {
  const present = readDotenv(ENV_FILE);
  const postgres = URL.parse(present['TSE_ADMIN_POSTGRES_URL'] ?? present['POSTGRES_URL'] ?? '');
  const redis = URL.parse(present['TSE_ADMIN_REDIS_URL'] ?? present['REDIS_URL'] ?? '');
  const variables = stackEnvironment({
    adapters,
    postgresPort: postgres === null ? await freePortFrom(5432) : Number(postgres.port || 5432),
    redisPort: redis === null ? await freePortFrom(6379) : Number(redis.port || 6379),
  });
  const wrote = writeDotenv(ENV_FILE, variables);
  say(wrote.length > 0 ? `${ENV_FILE}: wrote ${wrote.join(', ')}` : `${ENV_FILE}: has all it needs`);
  return wrote;
}

async function up({ data, json }: Settings): Promise<void> {
  const keep = resolve(data ?? (await ownFolder()));
  const postgres = await place('TSE_ADMIN_POSTGRES_URL', 'POSTGRES_URL', 5432);
  const redis = await place('TSE_ADMIN_REDIS_URL', 'REDIS_URL', 6379);
  await using servers = await startServers({ purpose: 'stack', keep, postgres, redis });
  const moved = writeDotenv(ENV_FILE, { ...postgres.moved, ...redis.moved }, { replace: true });
  if (moved.length > 0) say(`${ENV_FILE}: a port was taken, so ${moved.join(', ')} name another now`);
  const { POSTGRES_URL, REDIS_URL } = readDotenv(ENV_FILE);
  if (json) {
    const seen = ({ version, origin }: ServerInfo, url: string | undefined) => ({ url, version, origin });
    console.log(
      JSON.stringify({
        postgres: seen(servers.postgres, POSTGRES_URL),
        redis: seen(servers.redis, REDIS_URL),
        data: keep,
        env: resolve(ENV_FILE),
      }),
    );
  } else {
    console.log(`\nPostgreSQL  ${POSTGRES_URL}\nRedis       ${REDIS_URL}\n`);
    console.log(`Passwords are in ${ENV_FILE}. Next: ${TSE} migrate, ${TSE} seed. Ctrl-C ends both; the data stays.`);
  }
  const held = setInterval(() => {}, 1 << 30); // neither the servers nor a signal to come keep a process alive
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);
  process.once('SIGINT', () => process.exit(130)); // the keepers finish the work of an impatient second one
  clearInterval(held);
  say('stopping');
}

/**
 * Port and password of a server as `.env` has them; where the port is taken, the next free one and the variables that
 * name it.
 */
async function place(
  adminVariable: string,
  variable: string,
  standardPort: number,
): Promise<StoreOptions & { readonly moved: Record<string, string> }> {
  const variables = readDotenv(ENV_FILE);
  const admin = URL.parse(variables[adminVariable] ?? '');
  if (admin === null || !LOCAL.has(admin.hostname)) {
    throw new Error(
      `${adminVariable} in ${ENV_FILE} names no server on this machine, so there is none to start: ` +
        `remove it there, or use that server without ${STACK}.`,
    );
  }
  const wanted = Number(admin.port || standardPort);
  const port = await freePortFrom(wanted);
  const onPort = (url: string | undefined): string => {
    const moved = new URL(url ?? admin);
    moved.port = String(port);
    return moved.href;
  };
  const moved = { [adminVariable]: onPort(admin.href), [variable]: onPort(variables[variable]) };
  return { port, password: decodeURIComponent(admin.password), moved: port === wanted ? {} : moved };
}

/** The stack of another checkout has passwords of its own, so it has data of its own. */
async function ownFolder(): Promise<string> {
  const checkout = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 8);
  return join(await cacheFolder(await serverAccount(), process.env), `stack-${checkout}`);
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

main().catch((error: unknown) => {
  say((error as Error).message);
  process.exitCode = 1;
});
