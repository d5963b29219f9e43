import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const STALE_MS = 15 * 60_000;

/**
 * Makes a folder of the cache once. `make` fills a folder beside it and answers what takes the place; where another run
 * was faster, that one's stays. What a killed run left half made goes with the next one.
 */
export async function madeOnce(place: string, make: (beside: string) => Promise<string>): Promise<string> {
  if (await stat(place).catch(() => undefined)) return place;
  const folder = dirname(place);
  const prefix = `.making-${basename(place)}-`;
  await mkdir(folder, { recursive: true });
  await sweep(folder, prefix);
  const beside = await mkdtemp(join(folder, prefix));
  try {
    await rename(await make(beside), place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return place;
}

async function sweep(folder: string, prefix: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((each) => each.startsWith(prefix))) {
    const left = join(folder, name);
    const made = await stat(left).catch(() => undefined);
    if (made !== undefined && made.mtimeMs < Date.now() - STALE_MS) await rm(left, { recursive: true, force: true });
  }
}
