import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceIdentity } from '../pipe/identity.ts';
import { UnavailableError } from '../pipe/errors.ts';
import { type PostgresSession, identifier, sqlState } from './postgres-session.ts';

export interface Waiting {
  /** What another session holds: the schema's migration lock, or something that a migration changes. */
  readonly on: 'migration-lock' | 'table-lock';
  readonly attempt: number;
}

export interface StepOptions {
  readonly onWaiting?: ((waiting: Waiting) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const LOCK_WAIT_MS = 5000;
const DDL_LOCK_TIMEOUT = '2s';
const DDL_ATTEMPTS = 60;

/**
 * One transaction as the schema's owner, alone among all migrators of the schema. Waits for the other migrators as long as they take; what
 * the step itself locks it waits for only shortly and then tries again from its start, because readers queue behind a waiting change.
 */
export async function asOwner<T>(
  pg: PostgresSession,
  identity: InstanceIdentity,
  step: () => Promise<T>,
  { onWaiting, signal }: StepOptions = {},
): Promise<T> {
  for (let waits = 1, attempt = 1; ;) {
    signal?.throwIfAborted();
    let locked = false;
    try {
      return await pg.transaction(async () => {
        await pg.query(`set local lock_timeout = ${LOCK_WAIT_MS}; set local statement_timeout = 0`);
        await pg.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`tse:migrate:${identity.schema}`]);
        locked = true;
        await pg.query(`set local role ${identifier(identity.roles.owner)}`);
        await pg.query(
          `set local search_path = ${identifier(identity.schema)}, extensions, pg_temp;
           set local lock_timeout = '${DDL_LOCK_TIMEOUT}'; set local client_min_messages = warning`,
        );
        return await step();
      });
    } catch (error) {
      if (sqlState(error) !== '55P03') throw error;
      if (locked && attempt === DDL_ATTEMPTS) {
        throw new UnavailableError(
          'lock-timeout',
          'something that a migration changes stayed locked by another session',
          5000,
        );
      }
      onWaiting?.(locked ? { on: 'table-lock', attempt: attempt++ } : { on: 'migration-lock', attempt: waits++ });
      if (locked) await sleep(200 + Math.random() * 300, undefined, { signal });
    }
  }
}
