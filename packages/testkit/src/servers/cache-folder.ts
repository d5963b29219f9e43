import { mkdir, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { enterable, type Account } from './account.ts';

/**
 * Where fetched programs and prepared databases are kept: `TSE_CACHE`, else `tse` in `XDG_CACHE_HOME` or `~/.cache`.
 * Root's home is closed to the account that servers run as, so root gets `/var/cache/tse`; without a usable home it is
 * a folder among the temporary ones.
 */
export async function cacheFolder(account: Account, env: NodeJS.ProcessEnv): Promise<string> {
  const named = env['TSE_CACHE'];
  if (named) {
    if (await usable(named, account)) return named;
    throw new Error(`TSE_CACHE names ${named}, which cannot be made or entered: name another folder.`);
  }
  const wanted = [
    join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tse'),
    ...(process.getuid?.() === 0 ? ['/var/cache/tse'] : []),
  ];
  for (const folder of wanted) if (await usable(folder, account)) return folder;
  const last = join(tmpdir(), `tse-${process.getuid?.()}`);
  if (await usable(last, account)) return last;
  throw new Error('No folder for the cache can be made: name one by TSE_CACHE.');
}

async function usable(folder: string, account: Account): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    // What is kept here is run later, so somebody else's folder will not do.
    if ((await stat(folder)).uid !== process.getuid?.()) return false;
  } catch {
    return false;
  }
  return await enterable(account, folder);
}
