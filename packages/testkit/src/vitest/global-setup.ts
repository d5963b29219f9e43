import type { TestProject } from 'vitest/node';
import { startServers } from '../servers/index.ts';
import type { ProvidedServers } from './provided.ts';

/** Once for a run of the integration tests: real servers, found or started, gone with it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = await startServers({ purpose: 'test', log: (line) => process.stderr.write(`${line}\n`) });
  const urls: ProvidedServers = { postgres: servers.postgres.adminUrl, redis: servers.redis.adminUrl };
  project.provide('servers', urls);
  return () => servers.stop();
}
