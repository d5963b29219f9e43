import { setTimeout as sleep } from 'node:timers/promises';
import { type PostgresSession, sqlState } from './postgres-session.ts';

const ATTEMPTS = 10;

/** One transaction, alone among all that change roles through this database. */
export async function withProvisioningLock<T>(pg: PostgresSession, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await pg.transaction(async () => {
        await pg.query(`select pg_advisory_xact_lock(hashtextextended('tse:provision', 0))`);
        return work();
      });
    } catch (error) {
      if (!isRace(error) || attempt === ATTEMPTS) throw error;
      await sleep(Math.random() * 50 * attempt);
    }
  }
}

/** The lock is of one database, but roles are the whole server's: somebody in another database may be between. */
const isRace = (error: unknown) =>
  /^(23505|42710|42P06|40001|40P01)$/.test(sqlState(error) ?? '') ||
  (sqlState(error) === 'XX000' && /concurrently (updated|deleted)/.test((error as Error).message));
