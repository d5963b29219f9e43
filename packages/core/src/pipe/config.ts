import { readFile } from 'node:fs/promises';
import type { Tracer } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { Clock } from '../values/instant.ts';
import type { Ids } from '../values/id.ts';
import { InvalidInputError } from './errors.ts';
import type { InstanceIdentity } from './identity.ts';

/** Read at each connect, so that a password can be changed without a restart. */
export type Password = string | (() => string | Promise<string>);

/** What `create…Adapter` takes. Every member overrides the environment; most services give none. */
export interface AdapterOptions {
  /** Lower-case name of a further instance with its own schema, prefix, role and ACL user. */
  instance?: string;
  postgres?: {
    url?: string;
    user?: string;
    password?: Password;
    /** A PEM certificate authority turns TLS on, verified. `postgres.url` with `sslmode=require` does so with the system's. */
    ca?: string;
    /** Connections at most. */
    pool?: number;
    /** A read replica for reads that allow it. */
    replicaUrl?: string;
    /** Off behind a PgBouncer that does not track prepared statements. */
    namedStatements?: boolean;
  };
  redis?: { url?: string; user?: string; password?: Password; ca?: string; cluster?: boolean };
  /** Background loops run by this process: all, none, these, or all but those whose work `catchUp` does. */
  workers?: boolean | 'catch-up' | readonly string[];
  /** The consumers (`prefix/name`: `risk/fills`) whose checkpoints the event stream waits for before it is trimmed. */
  readers?: readonly string[];
  /** Milliseconds after which a call without a deadline of its own ends. */
  deadlineMs?: number;
  clock?: Clock;
  ids?: Ids;
  logger?: Logger;
  metrics?: Registry;
  tracer?: Tracer;
}

export interface StoreLogin {
  host: string;
  port: number;
  user: string;
  password: (() => Promise<string>) | undefined;
  tls: { ca?: string } | undefined;
}

/** The settings of an adapter, read and checked. */
export interface AdapterConfig {
  postgres: StoreLogin & {
    database: string;
    pool: number;
    namedStatements: boolean;
    replica: { host: string; port: number; database: string } | undefined;
  };
  redis: StoreLogin & { database: number; cluster: boolean };
  workers: boolean | 'catch-up' | readonly string[];
  readers: readonly string[];
  deadlineMs: number;
  logLevel: string;
}

const flag = z.union(
  [z.boolean(), z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1')],
  {
    error: 'expected true or false',
  },
);
const words = z.union([
  z.array(z.string()),
  z.string().transform((text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean),
  ),
]);
const count = (most: number) => {
  const error = `expected a whole number from 1 to ${most}`;
  return z.coerce.number({ error }).int({ error }).min(1, { error }).max(most, { error });
};
const levels = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']);

type Environment = Readonly<Record<string, string | undefined>>;

/** Options over `<ADAPTER>_…` over the shared variables over defaults. A malformed value is an error that names its variable. */
export function adapterConfig(
  identity: InstanceIdentity,
  options: AdapterOptions,
  env: Environment = process.env,
): AdapterConfig {
  const issues: { path: string; message: string }[] = [];
  /** The option where one is given, else the variable. */
  const read = <T>(name: string, schema: z.ZodType<T>, fallback: T, option?: string, given?: unknown): T => {
    const value = given ?? (env[name] || undefined);
    if (value === undefined) return fallback;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const path = given === undefined ? name : (option ?? name);
    issues.push({ path, message: parsed.error.issues[0]?.message ?? 'malformed' });
    return fallback;
  };
  const own = (name: string) => `${identity.envPrefix}${name}`;

  const login = (
    store: 'POSTGRES' | 'REDIS',
    given: { url?: string; user?: string; password?: Password; ca?: string } = {},
  ) => {
    const [source, text] = given.url
      ? [`${store.toLowerCase()}.url`, given.url]
      : env[own(`${store}_URL`)]
        ? [own(`${store}_URL`), env[own(`${store}_URL`)]!]
        : [`${store}_URL`, env[`${store}_URL`] ?? ''];
    const scheme = store === 'POSTGRES' ? /^postgres(ql)?:$/ : /^rediss?:$/;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !scheme.test(url.protocol) || !url.hostname) {
      issues.push({
        path: source,
        message: text
          ? `expected a ${store === 'POSTGRES' ? 'postgres' : 'redis'}:// URL`
          : `is not set (nor is ${own(`${store}_URL`)})`,
      });
    }
    // The shared URL says where the servers are; whom to log in as is the adapter's own affair.
    const credentials = source === `${store}_URL` ? undefined : url;
    const password =
      given.password ??
      env[own(`${store}_PASSWORD`)] ??
      (credentials?.password ? decodeURIComponent(credentials.password) : undefined);
    const file = env[own(`${store}_PASSWORD_FILE`)];
    const ca = given.ca ?? env[own(`${store}_CA`)] ?? env[`${store}_CA`];
    const wantsTls =
      ca !== undefined ||
      url?.protocol === 'rediss:' ||
      /^(require|verify-ca|verify-full)$/.test(url?.searchParams.get('sslmode') ?? '');
    return {
      url,
      host: url?.hostname.replace(/^\[|\]$/g, '') ?? '',
      port: Number(url?.port || (store === 'POSTGRES' ? 5432 : 6379)),
      user:
        given.user ??
        env[own(`${store}_USER`)] ??
        (credentials?.username ? decodeURIComponent(credentials.username) : undefined) ??
        identity.aclUser,
      password: passwordReader(password, file),
      tls: wantsTls ? (ca === undefined ? {} : { ca }) : undefined,
    };
  };

  const { url: postgresUrl, ...postgres } = login('POSTGRES', options.postgres);
  const { url: redisUrl, ...redis } = login('REDIS', options.redis);
  const replicaText = options.postgres?.replicaUrl ?? env[own('POSTGRES_REPLICA_URL')] ?? env['POSTGRES_REPLICA_URL'];
  const replicaUrl = replicaText && URL.canParse(replicaText) ? new URL(replicaText) : undefined;
  if (replicaText && !replicaUrl)
    issues.push({ path: own('POSTGRES_REPLICA_URL'), message: 'expected a postgres:// URL' });
  const database = (url: URL | undefined) => decodeURIComponent(url?.pathname.slice(1) ?? '');
  const redisDatabase = redisUrl?.pathname.slice(1) || '0';
  if (!/^\d{1,5}$/.test(redisDatabase))
    issues.push({ path: 'REDIS_URL', message: 'expected the number of a database' });
  if (postgresUrl && !database(postgresUrl)) issues.push({ path: 'POSTGRES_URL', message: 'names no database' });

  const config: AdapterConfig = {
    postgres: {
      ...postgres,
      database: database(postgresUrl),
      pool: read(own('POSTGRES_POOL'), count(200), 10, 'postgres.pool', options.postgres?.pool),
      namedStatements: read(
        own('POSTGRES_NAMED_STATEMENTS'),
        flag,
        true,
        'postgres.namedStatements',
        options.postgres?.namedStatements,
      ),
      replica: replicaUrl && {
        host: replicaUrl.hostname,
        port: Number(replicaUrl.port || 5432),
        database: database(replicaUrl) || database(postgresUrl),
      },
    },
    redis: {
      ...redis,
      database: Number(redisDatabase),
      cluster: read(own('REDIS_CLUSTER'), flag, false, 'redis.cluster', options.redis?.cluster),
    },
    workers: read<boolean | 'catch-up' | readonly string[]>(
      own('WORKERS'),
      z.union([flag, z.literal('catch-up'), words]),
      true,
      'workers',
      options.workers,
    ),
    readers: read<readonly string[]>(own('READERS'), words, [], 'readers', options.readers),
    deadlineMs: read(own('DEADLINE_MS'), count(600_000), 5000, 'deadlineMs', options.deadlineMs),
    logLevel: read('LOG_LEVEL', levels, 'info'),
  };
  if (issues.length > 0) throw new InvalidInputError(issues, 'invalid-configuration');
  return config;
}

function passwordReader(password: Password | undefined, file: string | undefined): (() => Promise<string>) | undefined {
  if (typeof password === 'function') return async () => password();
  if (password !== undefined) return () => Promise.resolve(password);
  if (file !== undefined) return async () => (await readFile(file, 'utf8')).trimEnd();
  return undefined;
}
