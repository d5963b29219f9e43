import type { AdminAccess } from '../adapter-definition.ts';
import { type PostgresSession, openPostgres } from '../postgres-session.ts';
import { type RedisSession, openRedis } from '../redis-session.ts';
import { NEWEST_POSTGRES, refuseUnfitServer } from '../unfit-server.ts';
import { type Finding, type Found, fail, finding, ok, warn } from './finding.ts';

const SKEW_WARN_MS = 500;
const SKEW_FAIL_MS = 5000;

/** What is true of the servers, whatever adapter uses them. */
export async function* serverFindings(admin: AdminAccess): AsyncGenerator<Finding> {
  const postgres = await openPostgres({ url: admin.postgresUrl, ca: admin.postgresCa }).catch((error: Error) => error);
  if (postgres instanceof Error) {
    yield unreachable('postgres', postgres, 'TSE_ADMIN_POSTGRES_URL');
  } else {
    await using pg = postgres;
    yield await finding('postgres', () => postgresServer(pg));
    yield await finding('postgres durability', () => durability(pg));
    yield await finding('postgres clock', async () => skew(await postgresTime(pg)));
  }
  const store = await openRedis({ url: admin.redisUrl, ca: admin.redisCa }).catch((error: Error) => error);
  if (store instanceof Error) {
    yield unreachable('redis', store, 'TSE_ADMIN_REDIS_URL');
  } else {
    using redis = store;
    yield await finding('redis', () => redisServer(redis));
    yield await finding('redis eviction', () => eviction(redis));
    yield await finding('redis persistence', () => persistence(redis));
    yield await finding('redis users', () => userFile(redis));
    yield await finding('redis clock', async () => skew(await redisTime(redis)));
  }
}

const unreachable = (check: string, { message }: Error, variable: string): Finding => ({
  check,
  ...fail(message, `start the server, or correct ${variable}`),
});

async function postgresServer(pg: PostgresSession): Promise<Found> {
  await refuseUnfitServer(pg);
  const [row] = await pg.query<{ version: string; major: number }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::int / 10000 as major`,
  );
  const text = `PostgreSQL ${row!.version}`;
  return row!.major > NEWEST_POSTGRES
    ? warn(`${text} is newer than what was tried`, `use ${NEWEST_POSTGRES}`)
    : ok(text);
}

async function durability(pg: PostgresSession): Promise<Found> {
  const rows = await pg.query<{ name: string }>(
    `select name from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name`,
  );
  const names = rows.map(({ name }) => name).join(', ');
  return names
    ? warn(`${names} off: a crash may lose what was acknowledged`, `set ${names} to on; fine for tests`)
    : ok('commits last');
}

interface ClockReading {
  readonly theirs: number;
  readonly ours: number;
}

async function postgresTime(pg: PostgresSession): Promise<ClockReading> {
  const before = Date.now();
  const [row] = await pg.query<{ ms: number }>(`select extract(epoch from clock_timestamp())::float8 * 1000 as ms`);
  return { theirs: row!.ms, ours: (before + Date.now()) / 2 };
}

async function redisTime(redis: RedisSession): Promise<ClockReading> {
  const before = Date.now();
  const [seconds, micros] = (await redis.call('TIME')) as [string, string];
  return { theirs: Number(seconds) * 1000 + Number(micros) / 1000, ours: (before + Date.now()) / 2 };
}

export function skew({ theirs, ours }: ClockReading): Found {
  const ms = Math.round(theirs - ours);
  const detail = `${Math.abs(ms)} ms ${ms < 0 ? 'behind' : 'ahead of'} this machine`;
  if (Math.abs(ms) < SKEW_WARN_MS) return ok(detail);
  return (Math.abs(ms) < SKEW_FAIL_MS ? warn : fail)(detail, 'synchronize the clocks (NTP)');
}

async function redisServer(redis: RedisSession): Promise<Found> {
  const info = String(await redis.call('INFO', 'server'));
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
  const version = field('redis_version') ?? 'unknown';
  if (Number.parseInt(version, 10) < 7) return fail(`Redis ${version} has no read-only key rules`, 'use Redis 7 or 8');
  const valkey = field('valkey_version');
  return ok(valkey ? `Valkey ${valkey}` : `Redis ${version}`);
}

async function eviction(redis: RedisSession): Promise<Found> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(String(await redis.call('INFO', 'memory')))?.[1] ?? 'unknown';
  if (policy === 'noeviction' || policy.startsWith('volatile-')) return ok(policy);
  return fail(`maxmemory-policy ${policy} may evict data that is only in Redis`, 'set maxmemory-policy noeviction');
}

async function persistence(redis: RedisSession): Promise<Found> {
  const aof = String(await redis.call('INFO', 'persistence')).includes('aof_enabled:1');
  return aof
    ? ok('append-only file')
    : warn('no append-only file: what is only in Redis ends with it', 'set appendonly yes; fine for tests');
}

async function userFile(redis: RedisSession): Promise<Found> {
  const [, file] = (await redis.call('CONFIG', 'GET', 'aclfile')) as string[];
  return file
    ? ok('kept in an ACL file')
    : warn(
        'no ACL file: after a restart of Redis no adapter can log in',
        'set aclfile, or run `tse migrate` after each restart',
      );
}
