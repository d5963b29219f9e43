import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';

/** Logs in and asks; throws what the driver says. */
export async function postgresVersion(url: string): Promise<string> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'tse-testkit',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return /^[\w.]+/.exec(rows[0]?.server_version ?? '')?.[0] ?? 'unknown';
  } finally {
    await client.end().catch(() => {});
  }
}

/** Logs in and asks; throws what the driver says. */
export async function redisVersion(url: string): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 10_000,
    commandTimeout: 10_000,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
  });
  let reason: unknown;
  redis.on('error', (error) => (reason = error));
  try {
    await redis.connect();
    const info = await redis.info('server');
    return /(?:valkey|redis)_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}

/** Asks again while the server comes up; after the time is over throws the last error. */
export async function untilAnswers(ask: () => Promise<string>, withinMs = 60_000): Promise<string> {
  for (const end = Date.now() + withinMs; ;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(100);
    }
  }
}
