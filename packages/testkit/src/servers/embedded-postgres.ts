import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runAs, serverAccount, type Account } from './account.ts';
import { cacheFolder } from './cache-folder.ts';
import { embeddedServer } from './embedded-server.ts';
import { madeOnce } from './made-once.ts';
import { postgresPrograms, type PostgresPrograms } from './postgres-programs.ts';
import type { Server, StoreStart } from './server.ts';
import { postgresVersion } from './versions.ts';

/** Nobody gets in without a password, and `postgres` has none until `ADMIN` gives it one. */
const PG_HBA = 'host all all 127.0.0.1/32 scram-sha-256\n';

/**
 * Copies the prepared database where there is none yet, gives the superuser its password while nothing listens yet
 * (`--single`), then becomes the server. Runs below the keeper, so a run that ends in the middle leaves nothing either.
 */
const SERVER = `
set -e; bin=$1 prepared=$2 folder=$3; shift 3; data=$folder/data admin=$folder/admin.sql
[ -e "$data" ] || { rm -rf "$data.new"; cp -a "$prepared" "$data.new"; mv "$data.new" "$data"; }
[ ! -e "$admin" ] || { "$bin/postgres" --single -D "$data" "$@" postgres <"$admin" >/dev/null; rm -f "$admin"; }
exec "$bin/postgres" -D "$data" "$@"
`;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  password_encryption: 'scram-sha-256',
  TimeZone: 'UTC',
  log_timezone: 'UTC',
  // The log is read for the start only; statements, which may hold secrets, stay out of it.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
};
const VOLATILE = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

/**
 * Starts a PostgreSQL that npm brought (or `TSE_POSTGRES_BIN` names), with a superuser `postgres` whose password is
 * checked.
 */
export async function embeddedPostgres(start: StoreStart): Promise<Server> {
  const account = await serverAccount();
  const cache = await cacheFolder(account, start.env);
  const programs = await postgresPrograms(account, cache, start.env);
  const prepared = await preparedDatabase(programs, account, cache, start.log);
  const settings = { ...SETTINGS, ...(start.durable ? {} : VOLATILE) };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return await embeddedServer(
    {
      name: 'PostgreSQL',
      account,
      endSignal: 'INT',
      ready: /ready to accept connections/,
      pidFile: 'data/postmaster.pid',
      prepare: async (folder) => {
        const file = join(folder, 'admin.sql');
        await rm(file, { force: true });
        await writeFile(file, `alter role postgres password '${start.password}'\n`, { mode: 0o600, flag: 'wx' });
        await chown(file, account.uid, account.gid);
      },
      command: (folder, port) => [
        'sh',
        '-c',
        SERVER,
        'sh',
        programs.bin,
        prepared,
        folder,
        '-c',
        `port=${port}`,
        ...flags,
      ],
      adminUrl: (port) => `postgres://postgres:${start.password}@127.0.0.1:${port}/postgres`,
      version: postgresVersion,
    },
    start,
  );
}

/** An empty database made once per version and account, to be copied for each start: a second less. */
function preparedDatabase(
  { bin, version }: PostgresPrograms,
  account: Account,
  cache: string,
  log: (line: string) => void,
): Promise<string> {
  return madeOnce(join(cache, `postgres-${version}-empty-${account.uid}`), async (beside) => {
    log(`PostgreSQL ${version}: preparing an empty database in ${cache}`);
    await chown(beside, account.uid, account.gid);
    const data = join(beside, 'data');
    const locale = ['--encoding=UTF8', '--locale=C'];
    await runAs(account, join(bin, 'initdb'), [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'reject',
      '--no-sync',
      '--no-instructions',
      ...locale,
    ]);
    await writeFile(join(data, 'pg_hba.conf'), PG_HBA);
    return data;
  });
}
