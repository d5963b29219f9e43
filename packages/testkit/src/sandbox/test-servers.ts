import { inject } from 'vitest';
import { startServers, type Servers } from '../servers/index.ts';
import type { ProvidedServers } from '../vitest/provided.ts';

let own: Promise<Servers> | undefined;

/**
 * Admin URLs of the servers that sandboxes stand on: those of the global setup of vitest; without one, those that `TSE_TEST_POSTGRES_URL` and
 * `TSE_TEST_REDIS_URL` name; else servers that this process starts once and that end with it.
 */
export async function testServers(): Promise<ProvidedServers> {
  const provided = process.env['VITEST'] ? (inject('servers') as ProvidedServers | undefined) : undefined;
  if (provided !== undefined) return provided;
  own ??= startServers({ purpose: 'test' });
  const { postgres, redis } = await own;
  return { postgres: postgres.adminUrl, redis: redis.adminUrl };
}
