import { setTimeout as sleep } from 'node:timers/promises';
import { UnavailableError, isAdapterError } from '../pipe/errors.ts';
import type { InstanceIdentity } from '../pipe/identity.ts';
import { setupFaultCodes } from '../postgres/errors.ts';
import type { Postgres } from '../postgres/postgres.ts';
import type { Redis } from '../redis/redis.ts';
import type { Store } from './health.ts';

/** How long to wait. */
export interface ReadyOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds after which it rejects with what is missing. Without, it waits as long as it takes. */
  deadlineMs?: number | undefined;
  /** Content with what the adapter cannot do without: another store may still be down, health then says `degraded`. */
  degraded?: boolean | undefined;
}

interface Parts {
  identity: InstanceIdentity;
  pg: Postgres;
  redis: Redis;
  critical: readonly Store[];
  /** Rejects where the schema is not one that this code can work on. A unit of work, admitted by the breaker. */
  checkSchema: () => Promise<void>;
}

const PING_WITHIN_MS = 1000;
const LONGEST_PAUSE_MS = 1000;

/**
 * Waits until the stores answer and their breakers let work through. What waiting cannot cure (a refused login, a missing
 * database, a schema that is missing or too old) rejects at once with the command that cures it.
 */
export async function waitUntilReady(parts: Parts, options: ReadyOptions = {}): Promise<void> {
  const { signal, deadlineMs, degraded } = options;
  const stores: readonly Store[] = degraded ? parts.critical : ['postgres', 'redis'];
  const ends = deadlineMs === undefined ? Infinity : performance.now() + deadlineMs;
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted();
    const missing = await firstMissing(parts, stores);
    if (missing === undefined) return;
    const cure = cureOf(missing.error, missing.store, parts.identity);
    if (cure !== undefined) throw withCure(missing.error, cure);
    const leftMs = ends - performance.now();
    if (leftMs <= 0) {
      throw new UnavailableError('not-ready', `${missing.store} was not there in time`, 1000, missing.error, {
        store: missing.store,
        ...(isAdapterError(missing.error) && { found: missing.error.code }),
      });
    }
    await sleep(Math.min(pauseMs * (0.5 + Math.random() / 2), leftMs), undefined, { ...(signal && { signal }) }).catch(
      () => {
        signal?.throwIfAborted();
      },
    );
  }
}

/** Asks all at once, and tells of an incurable one first: nobody should wait for a server to learn that the password is wrong. */
async function firstMissing(
  parts: Parts,
  stores: readonly Store[],
): Promise<{ store: Store; error: unknown } | undefined> {
  const asked = await Promise.all(
    stores.map(async (store) => {
      try {
        await (store === 'postgres' ? postgresReady(parts) : redisReady(parts));
        return [];
      } catch (error) {
        return [{ store, error }];
      }
    }),
  );
  const missing = asked.flat();
  return missing.find(({ store, error }) => cureOf(error, store, parts.identity) !== undefined) ?? missing[0];
}

async function postgresReady({ pg, checkSchema }: Parts): Promise<void> {
  await pg.ping(PING_WITHIN_MS);
  // The trial of a breaker that was open: afterwards it is closed for the callers.
  await checkSchema();
}

async function redisReady({ redis }: Parts): Promise<void> {
  await redis.ping(PING_WITHIN_MS);
  await redis.read('redis.ready', (client) => client.ping());
}

/** What an operator does about it; `undefined` where waiting may help. */
function cureOf(error: unknown, store: Store, { name, instance, envPrefix }: InstanceIdentity): string | undefined {
  if (!isAdapterError(error)) return 'see its cause';
  const variable = `${envPrefix}${store.toUpperCase()}`;
  const migrate = `tse migrate ${name}${instance === undefined ? '' : ` --instance ${instance}`}`;
  switch (error.code) {
    case 'login-refused':
    case 'redis-login-refused':
      return `check ${variable}_USER and ${variable}_PASSWORD (or _PASSWORD_FILE), or run \`${migrate}\`, which makes the user`;
    case 'database-missing':
      return `create it, or correct ${variable}_URL`;
    default:
      if (setupFaultCodes.has(error.code) || error.kind === 'conflict') return `run \`${migrate}\``;
      return error.kind === 'internal' ? `see its cause; ${variable}_URL says where the store is` : undefined;
  }
}

const withCure = (error: unknown, cure: string): UnavailableError => {
  const known = isAdapterError(error) ? error : undefined;
  return new UnavailableError(
    known?.code ?? 'not-ready',
    `${known?.message ?? 'the adapter cannot start'}: ${cure}`,
    10_000,
    error,
    { cure },
  );
};
