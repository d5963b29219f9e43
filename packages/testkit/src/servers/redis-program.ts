import { enterable, type Account } from './account.ts';
import { debianPrograms, hasApt } from './debian-packages.ts';
import { findProgram, programFolders } from './find-program.ts';
import { NoProgramError } from './server.ts';

const CURE = 'Install redis-server or valkey-server, name one by TSE_REDIS_SERVER, or start Docker.';

/**
 * Finds a Redis that the account can run: `TSE_REDIS_SERVER`, else `redis-server` or `valkey-server` on the path or
 * where Homebrew puts it, else Debian's or Ubuntu's own package, fetched into the cache.
 */
export async function redisProgram(
  account: Account,
  cache: string,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<string> {
  const named = env['TSE_REDIS_SERVER'];
  if (named) {
    if (await enterable(account, named)) return named;
    throw new Error(`TSE_REDIS_SERVER names ${named}, which is no program that can be run here.`);
  }
  const folders = await programFolders(env);
  const found = (await findProgram('redis-server', folders)) ?? (await findProgram('valkey-server', folders));
  if (found !== undefined) return found;
  if (!(await hasApt())) throw new NoProgramError(`No Redis was found. ${CURE}`);
  try {
    return await findRedis(await debianPrograms('redis-server', { cache, log }));
  } catch (error) {
    throw new NoProgramError(`No Redis was found, and ${(error as Error).message}. ${CURE}`, { cause: error });
  }
}

async function findRedis(folder: string): Promise<string> {
  const found = await findProgram('redis-server', [folder]);
  if (found === undefined) throw new Error('the fetched package holds no redis-server');
  return found;
}
