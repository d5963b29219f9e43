import { containerServer } from './container-server.ts';
import { aclFile, redisFlags } from './embedded-redis.ts';
import type { Server, StoreStart } from './server.ts';
import { postgresVersion, redisVersion } from './versions.ts';

/** Starts PostgreSQL 18 in a container, with a superuser `postgres` whose password is checked. */
export function containerPostgres(start: StoreStart): Promise<Server> {
  const fast = start.durable ? [] : ['-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'synchronous_commit=off'];
  return containerServer(
    {
      name: 'PostgreSQL',
      image: 'postgres:18-alpine',
      port: 5432,
      command: [
        'postgres',
        '-c',
        'max_connections=200',
        '-c',
        'TimeZone=UTC',
        '-c',
        'log_min_error_statement=panic',
        ...fast,
      ],
      environment: { POSTGRES_PASSWORD: start.password, POSTGRES_INITDB_ARGS: '--no-sync --encoding=UTF8 --locale=C' },
      dataFolder: '/var/lib/postgresql',
      ready: [/ready to accept connections/, 2],
      adminUrl: (host, port) => `postgres://postgres:${start.password}@${host}:${port}/postgres`,
      version: postgresVersion,
      // The image sets the password only when it makes the database.
      adopt: async (container) => {
        const sql = `alter role postgres password '${start.password}'`;
        await container.exec(['sh', '-c', 'printf %s "$SQL" | psql -qU postgres'], { env: { SQL: sql } });
      },
    },
    start,
  );
}

/** Writes the administrator's line before the first connection, keeping the other users of an earlier start. */
const REDIS = `
umask 077; users=/data/users.acl
{ printf '%s\\n' "$ADMIN"; grep -s '^user ' "$users" | grep -v '^user default '; } >"$users.new"; mv "$users.new" "$users"
unset ADMIN; umask 022; exec docker-entrypoint.sh redis-server "$@" --aclfile "$users"
`;

/** Starts Redis 8 in a container, with a user `default` whose password is checked. */
export function containerRedis(start: StoreStart): Promise<Server> {
  return containerServer(
    {
      name: 'Redis',
      image: 'redis:8-alpine',
      port: 6379,
      command: ['sh', '-c', REDIS, 'sh', ...redisFlags(start.durable, start.keep !== undefined)],
      environment: { ADMIN: aclFile(start.password).trim() },
      dataFolder: '/data',
      ready: [/Ready to accept connections/, 1],
      adminUrl: (host, port) => `redis://default:${start.password}@${host}:${port}/0`,
      version: redisVersion,
    },
    start,
  );
}
