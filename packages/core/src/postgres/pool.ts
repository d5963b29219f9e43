import pg from 'pg';
import type { AdapterConfig } from '../pipe/config.ts';
import type { Telemetry } from '../pipe/telemetry.ts';
import { types } from './codecs.ts';

export type PoolTarget = Pick<AdapterConfig['postgres'], 'host' | 'port' | 'database' | 'user' | 'password' | 'tls'>;

export interface PoolOptions {
  max: number;
  applicationName: string;
  /** Wait for a connection and handshake, each. */
  connectMs: number;
}

/** A pg pool that cannot end the process, together with all of its clients, so that closing can reach those still out. */
export interface GuardedPool {
  readonly pool: pg.Pool;
  readonly clients: ReadonlySet<pg.PoolClient>;
}

export function openPool(target: PoolTarget, options: PoolOptions, telemetry: Telemetry): GuardedPool {
  const clients = new Set<pg.PoolClient>();
  const pool = new pg.Pool({
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    ...(target.password && { password: target.password }),
    ssl: target.tls ? { rejectUnauthorized: true, ...target.tls } : false,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectMs,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 1800,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    allowExitOnIdle: true,
    types,
  });
  const note = (err: Error) => telemetry.log.debug({ err }, 'PostgreSQL connection ended');
  pool.on('error', note);
  // The pool takes its own listener off while a client is checked out; without one of ours a killed backend would end the process.
  pool.on('connect', (client) => {
    clients.add(client);
    client.on('error', note);
  });
  pool.on('remove', (client) => clients.delete(client));
  return { pool, clients };
}

/** A client of the pool, or an error when none came in time; one that comes too late goes straight back. */
export async function checkout(pool: pg.Pool, withinMs: number): Promise<pg.PoolClient> {
  const arriving = pool.connect();
  if (withinMs >= (pool.options.connectionTimeoutMillis ?? 0)) return arriving;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        reject(new Error('timeout exceeded when trying to connect'));
        arriving.then(
          (client) => client.release(),
          () => {},
        );
      },
      Math.max(1, withinMs),
    );
  });
  try {
    return await Promise.race([arriving, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends the pool; clients that are still out after the deadline lose their sockets, because `end` would wait for them for ever. */
export async function closePool({ pool, clients }: GuardedPool, deadlineMs: number): Promise<void> {
  if (pool.ended || pool.ending) return;
  const ended = pool.end().catch(() => {});
  const timer = setTimeout(() => {
    for (const client of clients) destroySocket(client);
  }, deadlineMs);
  const giveUp = new Promise<void>((resolve) => setTimeout(resolve, deadlineMs + 200).unref());
  await Promise.race([ended, giveUp]);
  clearTimeout(timer);
}

function destroySocket(client: pg.PoolClient): void {
  (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
}
