import { serverAccount } from './account.ts';
import { cacheFolder } from './cache-folder.ts';
import { debianPrograms, hasApt } from './debian-packages.ts';
import { findProgram, programFolders } from './find-program.ts';

/** Paths of client programs; a member is absent where the machine has none and none could be fetched. */
export interface Tools {
  psql?: string;
  pgbench?: string;
  redisBenchmark?: string;
}

/** Whom to tell what is fetched. */
export interface FetchToolsOptions {
  /** Gets a line about each package that is fetched, and why one could not be; default: stderr. */
  readonly log?: (line: string) => void;
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Finds psql, pgbench and redis-benchmark on this machine, else fetches Debian's or Ubuntu's packages into the cache.
 */
export async function fetchTools({ log = console.error, env = process.env }: FetchToolsOptions = {}): Promise<Tools> {
  const folders = await programFolders(env);
  const cache = await cacheFolder(await serverAccount(), env);
  const found = async (
    names: readonly string[],
    packageName: 'postgresql-client' | 'redis-server',
  ): Promise<(string | undefined)[]> => {
    const here = await Promise.all(names.map((name) => findProgram(name, folders)));
    if (!here.includes(undefined) || !(await hasApt())) return here;
    try {
      const bin = await debianPrograms(packageName, { cache, log });
      return await Promise.all(names.map(async (name, i) => here[i] ?? (await findProgram(name, [bin]))));
    } catch (error) {
      log((error as Error).message);
      return here;
    }
  };
  const [[psql, pgbench], [redisBenchmark]] = await Promise.all([
    found(['psql', 'pgbench'], 'postgresql-client'),
    found(['redis-benchmark'], 'redis-server'),
  ]);
  return { ...(psql && { psql }), ...(pgbench && { pgbench }), ...(redisBenchmark && { redisBenchmark }) };
}
