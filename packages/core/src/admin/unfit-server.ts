import { ConflictError } from '../pipe/errors.ts';
import type { PostgresSession } from './postgres-session.ts';

export const OLDEST_POSTGRES = 15;
export const NEWEST_POSTGRES = 18;

/** Refuses what nothing can be set up through: a pooler, a standby, a release that is too old. */
export async function refuseUnfitServer(pg: PostgresSession): Promise<void> {
  const [server] = await pg.query<{ pid: number; standby: boolean; version: number }>(
    `select pg_backend_pid() as pid, pg_is_in_recovery() as standby, current_setting('server_version_num')::int / 10000 as version`,
  );
  const { pid, standby, version } = server!;
  if (pid !== pg.processId) {
    throw new ConflictError(
      'pooled-connection',
      'the administrator is connected through a pooler, which may change the server between two statements: give the address of PostgreSQL itself',
    );
  }
  if (standby)
    throw new ConflictError('standby', 'this PostgreSQL server is a standby: give the address of the primary');
  if (version < OLDEST_POSTGRES) {
    throw new ConflictError('unsupported-version', `PostgreSQL ${version} is older than ${OLDEST_POSTGRES}`);
  }
}
