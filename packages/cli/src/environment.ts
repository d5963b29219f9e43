import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type AdapterOptions, type Identity, InvalidInputError, defaultLogger, identify } from '@tse/core';
import type { AdminAccess, Passwords } from '@tse/core/admin';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's variables over those of `.env` in the working directory. */
export function readEnvironment(env: Environment, cwd: string): Environment {
  let text: string;
  try {
    text = readFileSync(join(cwd, '.env'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return env;
    throw error;
  }
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  return { ...parseEnv(text), ...Object.fromEntries(given) };
}

export function adminAccess(env: Environment): AdminAccess {
  const { TSE_ADMIN_POSTGRES_URL: postgresUrl, TSE_ADMIN_REDIS_URL: redisUrl, POSTGRES_CA, REDIS_CA } = env;
  if (!postgresUrl || !redisUrl) {
    const variable = postgresUrl ? 'TSE_ADMIN_REDIS_URL' : 'TSE_ADMIN_POSTGRES_URL';
    throw new InvalidInputError(
      [
        {
          path: '',
          message: `${variable} is set neither in the environment nor in .env: \`pnpm stack\` starts the servers and writes it.`,
        },
      ],
      'no-servers',
    );
  }
  return {
    postgresUrl,
    redisUrl,
    ...(POSTGRES_CA && { postgresCa: POSTGRES_CA }),
    ...(REDIS_CA && { redisCa: REDIS_CA }),
  };
}

const stores = ['postgres', 'redis'] as const;

/** The variable that names the file with an adapter's password, and the password wherever it is. */
export function passwordsOf(identity: Identity, instance: string | undefined, env: Environment): Passwords {
  const { envPrefix } = identify(identity, instance);
  const passwords: Passwords = {};
  for (const store of stores) {
    const name = `${envPrefix}${store.toUpperCase()}_PASSWORD`;
    const file = env[`${name}_FILE`];
    const password = env[name] || (file && readFileSync(file, 'utf8').trimEnd());
    if (password) passwords[store] = password;
  }
  return passwords;
}

/** What an adapter is opened with by a tool: its own settings, else the administrator's servers; without workers and logs. */
export function adapterOptions(identity: Identity, instance: string | undefined, env: Environment): AdapterOptions {
  const { envPrefix } = identify(identity, instance);
  const passwords = passwordsOf(identity, instance, env);
  const admin = adminAccess(env);
  const login = (store: 'postgres' | 'redis') => {
    const name = `${store.toUpperCase()}_URL`;
    const own = env[envPrefix + name];
    const user = env[`${envPrefix}${store.toUpperCase()}_USER`];
    const ca = admin[`${store}Ca`];
    return {
      url: own ?? withoutCredentials(env[name] || admin[`${store}Url`]),
      ...(user && { user }),
      ...(passwords[store] !== undefined && { password: passwords[store] }),
      ...(ca !== undefined && { ca }),
    };
  };
  return {
    ...(instance !== undefined && { instance }),
    postgres: login('postgres'),
    redis: login('redis'),
    workers: false,
    logger: defaultLogger('silent'), // stdout is for results, and what fails is told by the command
  };
}

function withoutCredentials(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
